import Tensors

/// Layer normalization with a weight and a bias for each column (Ba et al., "Layer Normalization", 2016).
public struct LayerNorm: Sendable {
  /// `[size]`.
  public let weight: Tensor
  /// `[size]`.
  public let bias: Tensor
  /// Added to the variance.
  public let epsilon: Double

  /// Makes the parameters `weight` and `bias`.
  public init(_ parameters: ParameterLoader, size: Int, epsilon: Double) throws {
    weight = try parameters.parameter("weight", [.whole(size)], label: "norm weights")
    bias = try parameters.parameter("bias", [.whole(size)], label: "norm weights")
    self.epsilon = epsilon
  }

  /// `[..., size]` to the same shape.
  public func callAsFunction(_ input: Tensor) throws -> Tensor {
    try input.layerNorm(weight: weight, bias: bias, epsilon: epsilon)
  }
}
