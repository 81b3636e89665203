/// Layers that differ from the others of their model: those that see a window of positions, and those without positions.
extension DecoderFamily {
  /// What is particular to each layer; empty where there is nothing.
  func layers(_ fields: HuggingFaceFields, count: Int) throws(ConfigurationError) -> [DecoderVariant.LayerTraits] {
    var layers = Array(repeating: DecoderVariant.LayerTraits(), count: count)
    if let window = try window(fields) {
      let isSliding = try slidingLayers(fields, count: count)
      for index in layers.indices where isSliding[index] { layers[index].window = window }
    }
    if self == .smollm3 {
      let isRotary = try rotaryLayers(fields, count: count)
      for index in layers.indices { layers[index].isRotary = isRotary[index] }
    }
    return layers.contains { $0 != DecoderVariant.LayerTraits() } ? layers : []
  }

  /// `sliding_window`, unless `use_sliding_window` switches it off, as Qwen's configurations do.
  private func window(_ fields: HuggingFaceFields) throws(ConfigurationError) -> Int? {
    guard fields["sliding_window"] != nil, try fields.bool("use_sliding_window", ifMissing: true) else { return nil }
    guard ![.llama, .granite, .olmo2, .internlm2, .gemma, .gpt2, .bloom].contains(self) else {
      throw fields.error("sliding_window", "models of model_type \(rawValue) have none; it must be null")
    }
    return try fields.positiveInteger("sliding_window", atMost: Limits.positions)
  }

  private func slidingLayers(_ fields: HuggingFaceFields, count: Int) throws(ConfigurationError) -> [Bool] {
    if let kinds = try fields.strings("layer_types", count: count) {
      for kind in kinds where !["sliding_attention", "full_attention"].contains(kind) {
        throw fields.error("layer_types", "each must be \"sliding_attention\" or \"full_attention\", found \"\(kind)\"")
      }
      return kinds.map { $0 == "sliding_attention" }
    }
    switch self {
    case .qwen2, .qwen3, .smollm3:
      let full = try fields.wholeNumber("max_window_layers", ifMissing: count, atMost: Limits.layers)
      return (0..<count).map { $0 >= full }
    case .gemma2: return (0..<count).map { ($0 + 1) % 2 != 0 }
    case .gemma3:
      let pattern = try fields.positiveInteger("sliding_window_pattern", ifMissing: 6, atMost: Limits.layers)
      return (0..<count).map { ($0 + 1) % pattern != 0 }
    default: return Array(repeating: true, count: count)
    }
  }

  /// `no_rope_layers`, a list whose zeros stand for layers without positions, or every `no_rope_layer_interval`-th.
  private func rotaryLayers(_ fields: HuggingFaceFields, count: Int) throws(ConfigurationError) -> [Bool] {
    if let flags = try fields.numbers("no_rope_layers", count: count) { return flags.map { $0 != 0 } }
    let interval = try fields.positiveInteger("no_rope_layer_interval", ifMissing: 4, atMost: Limits.layers)
    return (0..<count).map { ($0 + 1) % interval != 0 }
  }
}
