import Foundation
import Quantities
import Tensors

extension LlamaConfiguration {
  /// Reads a Hugging Face `config.json`.
  ///
  /// - Throws: naming file, field, value and what is allowed. Models of other families, quantized weights, sliding
  ///   windows and unknown rotary scalings are refused rather than predicted wrongly.
  public init(huggingFaceFile path: String) throws(ConfigurationError) {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw ConfigurationError(file: path, rule: "cannot be read; it must be a Hugging Face config.json")
    }
    try self.init(huggingFace: data, file: path)
  }

  /// Reads the contents of a Hugging Face `config.json`.
  ///
  /// - Parameter file: its name in errors, and the configuration's name.
  public init(huggingFace data: Data, file: String) throws(ConfigurationError) {
    let fields = try HuggingFaceFields(data, file: file)
    let family = try Self.family(fields)
    try Self.refuseWhatIsNotModelled(fields)
    let attentionBias = try fields.bool("attention_bias", ifMissing: false)
    let headCount = try fields.positiveInteger("num_attention_heads")
    self.init(
      unchecked: file,
      hiddenSize: try fields.positiveInteger("hidden_size"),
      intermediateSize: try fields.positiveInteger("intermediate_size"),
      layerCount: try fields.positiveInteger("num_hidden_layers"),
      headCount: headCount,
      keyValueHeadCount: try fields.positiveInteger("num_key_value_heads", ifMissing: headCount),
      headSize: fields["head_dim"] == nil ? nil : try fields.positiveInteger("head_dim"),
      vocabularySize: try fields.positiveInteger("vocab_size"),
      maximumPositionCount: try fields.positiveInteger("max_position_embeddings", ifMissing: 2048),
      normEpsilon: try fields.positiveNumber("rms_norm_eps", ifMissing: 1e-6),
      rotary: try Self.rotary(fields),
      tiesEmbeddings: try fields.bool("tie_word_embeddings", ifMissing: false),
      hasQueryKeyValueBias: attentionBias || family == .qwen2,
      hasAttentionOutputBias: attentionBias && family == .llama,
      hasFeedForwardBias: try fields.bool("mlp_bias", ifMissing: false),
      elementType: try fields.elementType())
    try validate(derivesHeadSize: fields["head_dim"] == nil)
  }

  private enum Family: String, CaseIterable {
    case llama, mistral, qwen2
  }

  private static func family(_ fields: HuggingFaceFields) throws(ConfigurationError) -> Family {
    let known = Family.allCases.map(\.rawValue).joined(separator: ", ")
    if let type = try fields.string("model_type") {
      guard let family = Family(rawValue: type) else {
        throw fields.error("model_type", "is not a Llama-family model; it must be one of \(known)")
      }
      try requireCausal(fields)
      return family
    }
    guard case .array(let architectures) = fields["architectures"], case .string(let first) = architectures.first else {
      throw fields.error("model_type", "it must be one of \(known)")
    }
    guard let family = Family.allCases.first(where: { "\($0.rawValue)forcausallm" == first.lowercased() }) else {
      throw fields.error("architectures", "is not a Llama-family model; model_type must be one of \(known)")
    }
    return family
  }

  /// A classifier or an encoder of the family has another last layer, so it would be predicted wrongly.
  private static func requireCausal(_ fields: HuggingFaceFields) throws(ConfigurationError) {
    guard case .array(let architectures) = fields["architectures"], case .string(let first) = architectures.first
    else { return }
    guard first.lowercased().hasSuffix("forcausallm") else {
      throw fields.error("architectures", "is not a language model; it must be one whose name ends in ForCausalLM")
    }
  }

  private static func refuseWhatIsNotModelled(_ fields: HuggingFaceFields) throws(ConfigurationError) {
    if let activation = try fields.string("hidden_act"), activation != "silu" {
      throw fields.error("hidden_act", "is not modelled; it must be \"silu\"")
    }
    if fields["quantization_config"] != nil {
      throw fields.error("quantization_config", "is not modelled; use the configuration of the unquantized model")
    }
    // Qwen2 configurations give the size of a window that `use_sliding_window` keeps switched off.
    let window = fields["sliding_window"]
    let usesWindow = try fields.bool("use_sliding_window", ifMissing: window != nil)
    if usesWindow, window != nil {
      throw fields.error("sliding_window", "is not modelled; it must be null")
    }
  }

  /// Reads `rope_theta` and `rope_scaling`, or `rope_parameters`, which holds both in newer files.
  private static func rotary(_ fields: HuggingFaceFields) throws(ConfigurationError) -> RotaryEmbedding {
    let parameters = try fields.object("rope_parameters")
    let base = try (parameters ?? fields).positiveNumber("rope_theta", ifMissing: 10_000)
    let scaling = if let parameters { parameters } else { try fields.object("rope_scaling") }
    guard let scaling else { return RotaryEmbedding(base: base) }
    let field = scaling["rope_type"] == nil ? "type" : "rope_type"
    switch try scaling.string(field) {
    case nil where parameters != nil, "default":
      return RotaryEmbedding(base: base)
    case "linear":
      return RotaryEmbedding(base: base, scaling: .linear(factor: try scaling.positiveNumber("factor")))
    case "llama3":
      return RotaryEmbedding(
        base: base,
        scaling: .llama3(
          factor: try scaling.positiveNumber("factor"), lowFrequency: try scaling.positiveNumber("low_freq_factor"),
          highFrequency: try scaling.positiveNumber("high_freq_factor"),
          originalPositionCount: try scaling.positiveInteger("original_max_position_embeddings")))
    default:
      throw scaling.error(field, "it must be one of default, linear, llama3")
    }
  }
}
