import Communication
import Tensors

/// The feed-forward down(activation(up(x))) with biases (Vaswani et al., "Attention Is All You Need", 2017), for a share
/// of its columns.
public struct FeedForward: Sendable {
  private let up: ColumnParallelLinear
  private let down: RowParallelLinear
  private let activation: Activation

  /// Makes the parameters of this device's columns.
  ///
  /// - Parameters:
  ///   - up: where checkpoints keep the first linear layer.
  ///   - down: where they keep the second one.
  ///   - group: the devices that divide the columns; `nil` when this one has them all.
  public init(
    _ parameters: ParameterLoader, up upName: String, down downName: String, hiddenSize: Int, columns: AxisShare,
    activation: Activation, group: (any Communicator)?
  ) throws {
    up = try ColumnParallelLinear(
      parameters.scoped(upName), inputs: hiddenSize, outputs: columns, hasBias: true, label: "feed-forward weights")
    down = try RowParallelLinear(
      parameters.scoped(downName), inputs: columns, outputs: hiddenSize, hasBias: true, group: group,
      label: "feed-forward weights")
    self.activation = activation
  }

  /// `[..., hidden size]` to the same shape, summed over all devices' columns.
  public func callAsFunction(_ rows: Tensor) async throws -> Tensor { try await down(activation(up(rows))) }
}
