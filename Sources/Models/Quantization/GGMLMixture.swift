import Quantities

/// A type of GGUF files by the name that `llama-quantize` gives it: most matrices in one format, those that matter more in a
/// finer one.
///
/// Source: llama.cpp, `src/llama-quant.cpp`, `llama_tensor_get_type_impl` and `tensor_type_fallback`, for models without
/// experts and without an importance matrix.
struct GGMLMixture: Hashable, Sendable {
  /// The size of a mixture, the last part of its name.
  enum Size: Hashable, Sendable {
    case only, small, medium, large
  }

  let name: String
  /// The format of most matrices.
  let base: QuantizedFormat.Kind
  let size: Size

  private static let all: [GGMLMixture] = [
    GGMLMixture(name: "Q4_0", base: .q4_0, size: .only), GGMLMixture(name: "Q4_1", base: .q4_1, size: .only),
    GGMLMixture(name: "Q5_0", base: .q5_0, size: .only), GGMLMixture(name: "Q5_1", base: .q5_1, size: .only),
    GGMLMixture(name: "Q8_0", base: .q8_0, size: .only), GGMLMixture(name: "Q2_K", base: .q2_K, size: .medium),
    GGMLMixture(name: "Q2_K_S", base: .q2_K, size: .small), GGMLMixture(name: "Q3_K_S", base: .q3_K, size: .small),
    GGMLMixture(name: "Q3_K_M", base: .q3_K, size: .medium), GGMLMixture(name: "Q3_K_L", base: .q3_K, size: .large),
    GGMLMixture(name: "Q4_K_S", base: .q4_K, size: .small), GGMLMixture(name: "Q4_K_M", base: .q4_K, size: .medium),
    GGMLMixture(name: "Q5_K_S", base: .q5_K, size: .small), GGMLMixture(name: "Q5_K_M", base: .q5_K, size: .medium),
    GGMLMixture(name: "Q6_K", base: .q6_K, size: .only), GGMLMixture(name: "IQ4_NL", base: .iq4_NL, size: .only),
    GGMLMixture(name: "IQ4_XS", base: .iq4_XS, size: .only),
  ]

  /// What the tool calls a mixture for short.
  private static let aliases = ["q3_k": "q3_k_m", "q4_k": "q4_k_m", "q5_k": "q5_k_m"]

  private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name.lowercased(), $0) })

  /// All names, as users write them.
  static let allNames = all.map { $0.name.lowercased() }

  private init(name: String, base: QuantizedFormat.Kind, size: Size) {
    self.name = name
    self.base = base
    self.size = size
  }

  /// - Parameter name: in lower case.
  init?(named name: String) {
    guard let mixture = Self.byName[Self.aliases[name] ?? name] else { return nil }
    self = mixture
  }

  /// A format of ggml's.
  static func format(_ kind: QuantizedFormat.Kind) -> QuantizedFormat {
    guard let format = QuantizedFormat.ggml(kind) else { preconditionFailure("\(kind) is no format of ggml's") }
    return format
  }

  /// The format of a matrix by its name in Hugging Face's checkpoints; `nil` where it is stored in 16 bits.
  func format(of parameter: String, columns: Int, in model: LlamaConfiguration) -> QuantizedFormat? {
    guard let kind = kind(of: parameter, columns: columns, in: model) else { return nil }
    let fitting = Self.fitting(kind, columns: columns)
    return fitting.map(Self.format)
  }

  private func kind(of parameter: String, columns: Int, in model: LlamaConfiguration) -> QuantizedFormat.Kind? {
    switch parameter {
    case "model.embed_tokens.weight": return model.tiesEmbeddings ? output(columns) : base
    case "lm_head.weight": return output(columns)
    default: break
    }
    guard let module = LinearModule(parameter: parameter, in: model),
      let layer = parameter.split(separator: ".").dropFirst(2).first.flatMap({ Int($0) })
    else { return nil }
    let path = module.path
    if path.hasSuffix("v_proj") { return values(layer, model) }
    if path.hasSuffix("down_proj") { return down(layer, of: model.layerCount) }
    if path.hasSuffix("o_proj") { return attentionOutput }
    return base
  }

  /// The output layer's, and that of an embedding which serves as one.
  private func output(_ columns: Int) -> QuantizedFormat.Kind {
    base == .q8_0 || columns % (QuantizedFormat.ggml(base)?.groupSize ?? 1) != 0 ? .q8_0 : .q6_K
  }

  private func values(_ layer: Int, _ model: LlamaConfiguration) -> QuantizedFormat.Kind {
    let queriesPerKey = model.headCount / model.keyValueHeadCount
    var kind = base
    switch (base, size) {
    case (.q2_K, .small): if queriesPerKey >= 4 { kind = .q4_K }
    case (.q2_K, _): kind = queriesPerKey >= 4 ? .q4_K : .q3_K
    case (.q3_K, .medium): kind = layer < 2 ? .q5_K : .q4_K
    case (.q3_K, .large): kind = .q5_K
    case (.iq4_NL, _), (.iq4_XS, _): if queriesPerKey >= 4 { kind = .q5_K }
    case (.q4_K, .medium), (.q5_K, .medium): if Self.deservesMoreBits(layer, of: model.layerCount) { kind = .q6_K }
    case (.q4_K, .small): if layer < 4 { kind = .q5_K }
    default: break
    }
    // Models of 80 layers whose queries share keys: llama.cpp's "70B".
    let isLarge = model.layerCount == 80 && queriesPerKey > 1
    return isLarge && (kind == .q3_K || kind == .q4_K) ? .q5_K : kind
  }

  private func down(_ layer: Int, of layerCount: Int) -> QuantizedFormat.Kind {
    switch (base, size) {
    case (.q2_K, .small): layer < layerCount / 8 ? .q4_K : base
    case (.q2_K, _): .q3_K
    case (.q3_K, .medium): layer < layerCount / 16 ? .q5_K : .q4_K
    case (.q3_K, .large): .q5_K
    case (.q4_K, .medium), (.q5_K, .medium): Self.deservesMoreBits(layer, of: layerCount) ? .q6_K : base
    case (.iq4_NL, _), (.iq4_XS, _), (.q4_K, .small): layer < layerCount / 8 ? .q5_K : base
    default: base
    }
  }

  private var attentionOutput: QuantizedFormat.Kind {
    switch (base, size) {
    case (.q2_K, .medium): .q3_K
    case (.q3_K, .medium): .q4_K
    case (.q3_K, .large): .q5_K
    default: base
    }
  }

  /// The first and the last eighth of the layers, and every third one between.
  private static func deservesMoreBits(_ layer: Int, of count: Int) -> Bool {
    layer < count / 8 || layer >= 7 * count / 8 || (layer - count / 8) % 3 == 2
  }

  /// The format in which rows of so many columns are stored instead of one whose blocks do not divide them; `nil` for 16
  /// bits.
  private static func fitting(_ kind: QuantizedFormat.Kind, columns: Int) -> QuantizedFormat.Kind? {
    func divides(_ kind: QuantizedFormat.Kind) -> Bool { columns % (format(kind).groupSize ?? 1) == 0 }
    guard !divides(kind) else { return kind }
    let other: QuantizedFormat.Kind =
      switch kind {
      case .q2_K, .q3_K: .q4_0
      case .q4_K: .q5_0
      case .q5_K: .q5_1
      case .q6_K: .q8_0
      default: .iq4_NL
      }
    return divides(other) ? other : nil
  }
}
