import Quantities
import Tensors

/// Root-mean-square normalization with a weight for each column (Zhang and Sennrich, 2019).
public struct RMSNorm: Sendable {
  /// `[size]`.
  public let weight: Tensor
  /// Added to the mean square.
  public let epsilon: Double

  /// Takes memory for the weight.
  public init(size: Int, epsilon: Double, elementType: ElementType, on device: any TensorDevice) throws {
    weight = try WeightMaker(device: device, elementType: elementType).weight([size], label: "norm weights")
    self.epsilon = epsilon
  }

  /// `[..., size]` to the same shape.
  public func callAsFunction(_ input: Tensor) throws -> Tensor { try input.rmsNorm(weight: weight, epsilon: epsilon) }
}
