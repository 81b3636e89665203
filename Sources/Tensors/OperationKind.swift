/// The operations by name, as traces, recordings and cost models know them.
public enum OperationKind: String, CaseIterable, Hashable, Sendable, Codable {
  case linear, expertLinear, matmul, attention, latentAttention
  case embedding, argmax
  case rmsNorm, layerNorm, softmax, normalize
  case mean, patches
  case silu, gelu, exactGELU, quickGELU, tanh, exponential
  case add, multiply
  case rotaryEmbedding
  case concatenate, cast, copy

  /// What each entry of ``OperationRecord/sizes`` means, in order.
  public var sizeNames: [String] {
    switch self {
    case .linear: ["rows", "inputs", "outputs", "bias"]
    case .expertLinear: ["rows", "inputs", "outputs", "touched_experts"]
    case .latentAttention: ["batch", "heads", "queries", "keys", "latent_size", "value_size", "pairs"]
    case .matmul: ["batch", "rows", "inner", "columns"]
    case .attention: ["batch", "heads", "key_value_heads", "queries", "keys", "head_size", "pairs"]
    case .embedding: ["rows", "columns", "table_rows"]
    case .rmsNorm, .layerNorm, .softmax, .normalize, .argmax: ["rows", "columns"]
    case .mean: ["batch", "positions", "columns"]
    case .patches: ["batch", "channels", "pixels", "size"]
    case .silu, .gelu, .exactGELU, .quickGELU, .tanh, .exponential, .cast, .copy: ["elements"]
    case .add, .multiply: ["elements", "right_elements"]
    case .rotaryEmbedding: ["batch", "positions", "heads", "head_size"]
    case .concatenate: ["elements", "parts"]
    }
  }

  /// What the memory of a result is called in reports.
  public var label: StaticString {
    switch self {
    case .linear: "linear result"
    case .expertLinear: "expertLinear result"
    case .latentAttention: "latentAttention result"
    case .matmul: "matmul result"
    case .attention: "attention result"
    case .embedding: "embedding result"
    case .argmax: "argmax result"
    case .rmsNorm: "rmsNorm result"
    case .layerNorm: "layerNorm result"
    case .softmax: "softmax result"
    case .silu: "silu result"
    case .gelu: "gelu result"
    case .exactGELU: "exactGELU result"
    case .quickGELU: "quickGELU result"
    case .tanh: "tanh result"
    case .exponential: "exponential result"
    case .normalize: "normalize result"
    case .mean: "mean result"
    case .patches: "patches result"
    case .add: "add result"
    case .multiply: "multiply result"
    case .rotaryEmbedding: "rotaryEmbedding result"
    case .concatenate: "concatenate result"
    case .cast: "cast result"
    case .copy: "copy result"
    }
  }
}
