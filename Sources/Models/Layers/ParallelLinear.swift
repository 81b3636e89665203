import Communication
import Quantities
import Tensors

/// A linear layer whose outputs are divided among devices: each computes some columns of the result from the whole
/// input, without communication (Shoeybi et al., "Megatron-LM", 2019, section 3).
public struct ColumnParallelLinear: Sendable {
  /// `[own outputs, inputs]`.
  public let weight: Tensor
  /// `[own outputs]`.
  public let bias: Tensor?

  /// Makes this device's rows of the parameters `weight` and `bias`.
  ///
  /// - Parameters:
  ///   - inputs: length of an input row.
  ///   - outputs: the outputs that this device computes; `AxisShare(of: 512, in: group)` divides them evenly.
  public init(
    _ parameters: ParameterLoader, inputs: Int, outputs: AxisShare, hasBias: Bool = false,
    label: StaticString = "linear weights"
  ) throws {
    weight = try parameters.parameter("weight", [outputs, .whole(inputs)], label: label)
    bias = hasBias ? try parameters.parameter("bias", [outputs], label: label) : nil
  }

  /// `[..., inputs]` to `[..., own outputs]`.
  public func callAsFunction(_ input: Tensor) throws -> Tensor { try input.linear(weight, bias: bias) }
}

/// A linear layer whose inputs are divided among devices: each multiplies the columns of the input that it has by its
/// part of the weight, and one all-reduce adds the partial results up (Shoeybi et al., "Megatron-LM", 2019, section 3).
public struct RowParallelLinear: Sendable {
  /// `[outputs, own inputs]`.
  public let weight: Tensor
  /// `[outputs]`, the same on each device and added once, after the sum.
  public let bias: Tensor?
  /// The devices that the inputs are divided among; `nil` when this one has them all.
  public let group: (any Communicator)?
  /// The format in which partial results travel; `nil` for an all-reduce in their own type.
  public let sumFormat: QuantizedFormat?

  /// Makes this device's columns of the parameter `weight`, and `bias`.
  ///
  /// - Parameters:
  ///   - inputs: the part of an input row that this device has; `AxisShare(of: 512, in: group)` divides rows evenly.
  ///   - outputs: length of a result row.
  ///   - sumFormat: the format in which partial results travel, if it is not their own type.
  public init(
    _ parameters: ParameterLoader, inputs: AxisShare, outputs: Int, hasBias: Bool = false,
    group: (any Communicator)?, sumFormat: QuantizedFormat? = nil, label: StaticString = "linear weights"
  ) throws {
    weight = try parameters.parameter("weight", [.whole(outputs), inputs], label: label)
    bias = hasBias ? try parameters.parameter("bias", [.whole(outputs)], label: label) : nil
    self.group = group
    self.sumFormat = sumFormat
  }

  /// `[..., own inputs]` to `[..., outputs]`, complete on every device.
  public func callAsFunction(_ input: Tensor) async throws -> Tensor {
    guard let group else { return try input.linear(weight, bias: bias) }
    // Nobody but the sum holds the partial result, so that its memory goes with it.
    let sum =
      if let sumFormat {
        try await group.sum(input.linear(weight), sentAs: sumFormat)
      } else {
        try await group.allReduce(input.linear(weight))
      }
    guard let bias else { return sum }
    return try sum + bias
  }
}
