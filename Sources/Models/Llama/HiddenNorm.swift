import Tensors

/// The normalization of hidden states, of the kind that a family has.
public enum HiddenNorm: Sendable {
  /// By the root mean square.
  case rootMeanSquare(RMSNorm)
  /// By mean and variance.
  case layer(LayerNorm)

  /// Makes the parameters.
  init(_ parameters: ParameterLoader, _ configuration: LlamaConfiguration) throws {
    let (size, epsilon) = (configuration.hiddenSize, configuration.normEpsilon)
    switch configuration.variant.norm {
    case .rootMeanSquare: self = .rootMeanSquare(try RMSNorm(parameters, size: size, epsilon: epsilon))
    case .layer: self = .layer(try LayerNorm(parameters, size: size, epsilon: epsilon))
    }
  }

  /// `[..., hidden size]` to the same shape.
  public func callAsFunction(_ input: Tensor) throws -> Tensor {
    switch self {
    case .rootMeanSquare(let norm): try norm(input)
    case .layer(let norm): try norm(input)
    }
  }
}

/// A number that hidden states or logits are multiplied by, kept beside them as one element.
struct ScalarFactor: Sendable {
  private let factor: Tensor

  /// Takes the memory of one element.
  init(_ parameters: ParameterLoader) throws {
    factor = try Tensor(
      uninitialized: [], elementType: parameters.elementType, on: parameters.device, label: "scalar factors")
  }

  /// Each element times the number.
  func callAsFunction(_ input: Tensor) throws -> Tensor { try input * factor }
}
