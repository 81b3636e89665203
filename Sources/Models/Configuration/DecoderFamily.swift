/// The families of dense decoders that are predicted from their `config.json`, by `model_type`.
///
/// Source of each: `configuration_*.py` and `modeling_*.py` of transformers 4.57 in `src/transformers/models`; InternLM2's
/// in the model's own repository.
enum DecoderFamily: String, CaseIterable {
  case llama, mistral, qwen2, qwen3, granite, phi3, olmo2, internlm2, smollm3, gemma, gemma2
  case gemma3 = "gemma3_text"
  case starcoder2, gpt2, bloom

  /// The first of `architectures` in files without a `model_type`.
  var architecture: String {
    switch self {
    case .gemma3: "gemma3forcausallm"
    case .gpt2: "gpt2lmheadmodel"
    default: "\(rawValue)forcausallm"
    }
  }

  /// Whether the output layer shares the embedding's table where `tie_word_embeddings` is not given.
  var tiesEmbeddings: Bool {
    switch self {
    case .gemma, .gemma2, .gemma3, .smollm3, .starcoder2, .gpt2, .bloom: true
    default: false
    }
  }

  /// Whether queries, keys and values have biases, and the attention's output.
  func attentionBiases(_ fields: HuggingFaceFields) throws(ConfigurationError) -> (inputs: Bool, output: Bool) {
    switch self {
    case .qwen2: return (true, false)
    case .mistral, .phi3: return (try fields.bool("attention_bias", ifMissing: false), false)
    case .internlm2: return both(try fields.bool("bias", ifMissing: false))
    case .starcoder2: return both(try fields.bool("use_bias", ifMissing: true))
    case .gpt2, .bloom: return both(true)
    default: return both(try fields.bool("attention_bias", ifMissing: false))
    }
  }

  private func both(_ value: Bool) -> (inputs: Bool, output: Bool) { (value, value) }

  /// Whether the feed-forward has biases.
  func feedForwardBias(_ fields: HuggingFaceFields) throws(ConfigurationError) -> Bool {
    switch self {
    case .starcoder2: try fields.bool("use_bias", ifMissing: true)
    case .gpt2, .bloom: true
    default: try fields.bool("mlp_bias", ifMissing: false)
    }
  }

  /// The field of the norms' epsilon.
  var epsilonField: String {
    switch self {
    case .starcoder2: "norm_epsilon"
    case .gpt2, .bloom: "layer_norm_epsilon"
    default: "rms_norm_eps"
    }
  }

  /// The field of the activation; Gemma's files have an older one beside it.
  private var activationField: String {
    switch self {
    case .gemma, .gemma2, .gemma3: "hidden_activation"
    case .gpt2: "activation_function"
    default: "hidden_act"
    }
  }

  /// The activation that the family was trained with: another one is a model that is not known.
  private var trainedActivation: (names: [String], activation: Activation) {
    switch self {
    case .gemma, .gemma2, .gemma3, .starcoder2: (["gelu_pytorch_tanh"], .geluTanh)
    case .gpt2, .bloom: (["gelu_new", "gelu_pytorch_tanh", "gelu_fast"], .geluTanh)
    default: (["silu", "swish"], .silu)
    }
  }

  /// In what the file's model differs from Llama.
  func variant(_ fields: HuggingFaceFields, layerCount: Int) throws(ConfigurationError) -> DecoderVariant {
    var variant = DecoderVariant.llama
    let activation = try activation(fields)
    variant.feedForward = hasGate ? .gated(activation) : .plain(activation)
    variant.layers = try layers(fields, count: layerCount)
    switch self {
    case .llama, .mistral, .qwen2: return variant
    case .qwen3: variant.queryKeyNorm = .eachHead
    case .granite:
      // The attention's own factor is a parameter of its kernel, which costs nothing.
      for name in ["embedding_multiplier", "residual_multiplier", "logits_scaling", "attention_multiplier"] {
        _ = try fields.positiveNumber(name, ifMissing: 1)
      }
      variant.factors.scalesEmbeddings = true
      variant.factors.scalesResiduals = true
      variant.factors.scalesLogits = true
    case .phi3:
      // Where queries, keys and values are one matrix, and gate and up another, parameters and FLOPs are the same.
      let turned = try fields.positiveNumber("partial_rotary_factor", ifMissing: 1)
      guard turned == 1 else { throw fields.error("partial_rotary_factor", "is not modelled; it must be 1") }
    case .olmo2:
      variant.normPlacement = .after
      variant.queryKeyNorm = .projection
    case .internlm2, .smollm3: break
    case .gemma: variant.factors.scalesEmbeddings = true
    case .gemma2:
      variant.normPlacement = .around
      variant.factors.scalesEmbeddings = true
      variant.factors.capsLogits = fields["final_logit_softcapping"] != nil
    case .gemma3:
      variant.normPlacement = .around
      variant.queryKeyNorm = .eachHead
      variant.factors.scalesEmbeddings = true
    case .starcoder2: variant.norm = .layer
    case .gpt2:
      variant.norm = .layer
      variant.positions = .learned
    case .bloom:
      variant.norm = .layer
      variant.positions = .alibi
      variant.normalizesEmbeddings = true
    }
    variant.obstacleToValues = "model_type = \"\(rawValue)\""
    return variant
  }

  private var hasGate: Bool { ![.starcoder2, .gpt2, .bloom].contains(self) }

  private func activation(_ fields: HuggingFaceFields) throws(ConfigurationError) -> Activation {
    let (names, activation) = trainedActivation
    let field = fields[activationField] == nil ? "hidden_act" : activationField
    guard let found = try fields.string(field) else { return activation }
    // Gemma's first files say gelu and mean its tanh form, as transformers does.
    let allowed = self == .gemma && field == "hidden_act" ? names + ["gelu"] : names
    guard allowed.contains(found) else {
      throw fields.error(field, "is not modelled; it must be \"\(names[0])\"")
    }
    return activation
  }
}
