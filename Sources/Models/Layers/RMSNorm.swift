import Tensors

/// Root-mean-square normalization with a weight for each column (Zhang and Sennrich, 2019).
public struct RMSNorm: Sendable {
  /// `[size]`.
  public let weight: Tensor
  /// Added to the mean square.
  public let epsilon: Double

  /// Makes the parameter `weight`.
  public init(_ parameters: ParameterLoader, size: Int, epsilon: Double) throws {
    weight = try parameters.parameter("weight", [.whole(size)], label: "norm weights")
    self.epsilon = epsilon
  }

  /// `[..., size]` to the same shape.
  public func callAsFunction(_ input: Tensor) throws -> Tensor { try input.rmsNorm(weight: weight, epsilon: epsilon) }
}
