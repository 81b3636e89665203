/// The kinds of kernels that there are tables of, by their names in the files.
public enum KernelKind: String, CaseIterable, Hashable, Sendable, Codable {
  /// By rows, columns and inner size.
  case matrixMultiplication = "matrix_multiplication"
  /// Attention of a prompt to itself, by configuration of the heads, batch and length; causal.
  case promptAttention = "prompt_attention"
  /// Attention of one new position to those before it and itself, by configuration of the heads, batch and length.
  case decodingAttention = "decoding_attention"
  /// Norms, by rows and columns.
  case normalization

  /// The names of its sizes, in the order of a table's axes.
  var axisNames: [String] {
    switch self {
    case .matrixMultiplication: ["rows", "columns", "inner"]
    case .promptAttention, .decodingAttention: ["batch", "length"]
    case .normalization: ["rows", "columns"]
    }
  }

  /// Whether a table has one grid for each configuration of the heads.
  var hasConfigurations: Bool { self == .promptAttention || self == .decodingAttention }
}

/// What attention's heads are like.
struct HeadConfiguration: Hashable, Sendable {
  var heads: Int
  var keyValueHeads: Int
  var headSize: Int
}
