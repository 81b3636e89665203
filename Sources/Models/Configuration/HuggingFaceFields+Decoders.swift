import Tensors

/// Fields that decoders of several families have.
extension HuggingFaceFields {
  /// Reads `rope_theta` and `rope_scaling`, or `rope_parameters`, which holds both in newer files.
  ///
  /// - Returns: the embedding, and what keeps values from being computed: a scaling whose frequencies are not known here,
  ///   which costs as much as any other.
  func rotary() throws(ConfigurationError) -> (embedding: RotaryEmbedding, unknownScaling: String?) {
    let parameters = try object("rope_parameters")
    let base = try (parameters ?? self).positiveNumber("rope_theta", ifMissing: 10_000)
    let scaling = if let parameters { parameters } else { try object("rope_scaling") }
    guard let scaling else { return (RotaryEmbedding(base: base), nil) }
    let field = scaling["rope_type"] == nil ? "type" : "rope_type"
    switch try scaling.string(field) {
    case nil where parameters != nil, "default":
      return (RotaryEmbedding(base: base), nil)
    case "linear":
      return (RotaryEmbedding(base: base, scaling: .linear(factor: try scaling.positiveNumber("factor"))), nil)
    case "llama3":
      let embedding = RotaryEmbedding(
        base: base,
        scaling: .llama3(
          factor: try scaling.positiveNumber("factor"), lowFrequency: try scaling.positiveNumber("low_freq_factor"),
          highFrequency: try scaling.positiveNumber("high_freq_factor"),
          originalPositionCount: try scaling.positiveInteger(
            "original_max_position_embeddings", atMost: Limits.positions)))
      return (embedding, nil)
    case let kind? where ["dynamic", "yarn", "longrope", "su"].contains(kind):
      return (RotaryEmbedding(base: base), "\(scaling.path(field)) = \"\(kind)\"")
    default:
      throw scaling.error(field, "it must be one of default, linear, llama3, dynamic, yarn, longrope")
    }
  }

  /// Weights of few bits have kernels of their own, whose times are not known.
  func refuseQuantization() throws(ConfigurationError) {
    guard self["quantization_config"] != nil else { return }
    let alternative =
      "use the configuration of the unquantized model, or \(UnsupportedModels.alternative)"
    guard let quantization = try object("quantization_config"), quantization["quant_method"] != nil else {
      throw error("quantization_config", "is not modelled; \(alternative)")
    }
    throw quantization.error("quant_method", "quantized weights are not modelled; \(alternative)")
  }
}

extension DecoderFamily {
  /// The family of a file.
  ///
  /// - Throws: what the model is instead, what is supported, and how to go on.
  init(_ fields: HuggingFaceFields) throws(ConfigurationError) {
    if let type = try fields.string("model_type") {
      guard let family = DecoderFamily(rawValue: type) else {
        throw fields.error("model_type", "is \(UnsupportedModels.kind(ofType: type)); \(Self.supported)")
      }
      if let field = UnsupportedModels.expertField(fields) {
        throw fields.error(field, "is of a mixture of experts; \(Self.supported)")
      }
      try family.requireCausal(fields)
      self = family
      return
    }
    guard let first = fields.architecture else {
      throw fields.error("model_type", "it must be one of \(Self.names)")
    }
    guard let family = Self.allCases.first(where: { $0.architecture == first.lowercased() }) else {
      throw fields.error("architectures", "is a model of another kind; \(Self.supported)")
    }
    self = family
  }

  private static let names = allCases.map(\.rawValue).joined(separator: ", ")

  private static let supported =
    "predicted from their configuration are \(names), bert and clip; \(UnsupportedModels.alternative)"

  /// A classifier or an encoder of the family has another last layer, so it would be predicted wrongly.
  private func requireCausal(_ fields: HuggingFaceFields) throws(ConfigurationError) {
    guard let first = fields.architecture else { return }
    if self == .gpt2 {
      guard first.lowercased() != architecture else { return }
      throw fields.error("architectures", "is not a language model; it must be GPT2LMHeadModel")
    }
    guard !first.lowercased().hasSuffix("forcausallm") else { return }
    throw fields.error("architectures", "is not a language model; it must be one whose name ends in ForCausalLM")
  }

  /// `head_dim` where the file does not give it; `nil` for the hidden size over the heads.
  var headSize: Int? {
    switch self {
    case .gemma, .gemma2, .gemma3: 256
    default: nil
    }
  }

  /// `num_key_value_heads` where the file does not give it; `nil` for as many as heads.
  var keyValueHeadCount: Int? {
    switch self {
    case .gemma2, .gemma3: 4
    case .starcoder2: 2
    default: nil
    }
  }
}

extension HuggingFaceFields {
  /// The first of `architectures`.
  fileprivate var architecture: String? {
    guard case .array(let architectures) = self["architectures"], case .string(let first) = architectures.first
    else { return nil }
    return first
  }
}
