import Tensors

/// What a feed-forward does to each element between its two linear layers, by the name that `hidden_act` gives it.
public enum Activation: String, CaseIterable, Hashable, Sendable {
  /// The Gaussian error linear unit.
  case gelu
  /// Its tanh form.
  case geluTanh = "gelu_new"
  /// Its approximation by a sigmoid.
  case quickGELU = "quick_gelu"
  /// x / (1 + e⁻ˣ).
  case silu

  /// The activation of each element.
  public func callAsFunction(_ input: Tensor) throws -> Tensor {
    switch self {
    case .gelu: try input.exactGELU()
    case .geluTanh: try input.gelu()
    case .quickGELU: try input.quickGELU()
    case .silu: try input.silu()
    }
  }
}
