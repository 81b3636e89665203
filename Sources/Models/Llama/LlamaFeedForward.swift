import Communication
import Quantities
import Tensors

/// The SwiGLU feed-forward down(silu(gate(x)) · up(x)) (Shazeer, "GLU Variants Improve Transformer", 2020), for a share
/// of its columns.
public struct LlamaFeedForward: Sendable {
  private let gate: ColumnParallelLinear
  private let up: ColumnParallelLinear
  private let down: RowParallelLinear

  /// Takes memory for the weights of this device's columns.
  public init(
    _ configuration: LlamaConfiguration, share: TensorShare, group: (any Communicator)?, on device: any TensorDevice
  ) throws {
    let columns = share.feedForwardColumns.count
    func column() throws -> ColumnParallelLinear {
      try ColumnParallelLinear(
        inputs: configuration.hiddenSize, outputs: columns, hasBias: configuration.hasFeedForwardBias,
        elementType: configuration.elementType, on: device, label: "feed-forward weights")
    }
    gate = try column()
    up = try column()
    down = try RowParallelLinear(
      inputs: columns, outputs: configuration.hiddenSize, hasBias: configuration.hasFeedForwardBias, group: group,
      elementType: configuration.elementType, on: device, label: "feed-forward weights")
  }

  /// `[..., hidden size]` to the same shape, summed over all devices' columns.
  public func callAsFunction(_ rows: Tensor) async throws -> Tensor {
    try await down(gate(rows).silu() * up(rows))
  }
}
