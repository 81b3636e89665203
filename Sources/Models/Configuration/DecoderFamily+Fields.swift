/// What a family's files call the sizes of the model.
struct SizeFields {
  var hidden = "hidden_size"
  var intermediate = "intermediate_size"
  var layers = "num_hidden_layers"
  var heads = "num_attention_heads"
  var positions = "max_position_embeddings"
}

extension DecoderFamily {
  /// The names in a file of the family; BLOOM's have older and newer ones.
  func sizeFields(_ fields: HuggingFaceFields) -> SizeFields {
    func first(_ names: String...) -> String { names.first { fields[$0] != nil } ?? names[0] }
    switch self {
    case .gpt2:
      return SizeFields(
        hidden: first("n_embd", "hidden_size"), intermediate: "n_inner", layers: first("n_layer", "num_hidden_layers"),
        heads: first("n_head", "num_attention_heads"), positions: first("n_positions", "max_position_embeddings"))
    case .bloom:
      return SizeFields(
        hidden: first("hidden_size", "n_embed"), intermediate: "n_inner", layers: first("n_layer", "num_hidden_layers"),
        heads: first("n_head", "num_attention_heads"), positions: "seq_length")
    default: return SizeFields()
    }
  }

  /// Whether the feed-forward has four times the hidden size where a file does not say.
  var hasDefaultIntermediateSize: Bool { self == .gpt2 || self == .bloom }

  /// The norms' epsilon where a file does not say.
  var epsilon: Double { self == .gpt2 || self == .bloom ? 1e-5 : 1e-6 }
}
