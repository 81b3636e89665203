import Communication
import Tensors

/// The SwiGLU feed-forward down(silu(gate(x)) · up(x)) (Shazeer, "GLU Variants Improve Transformer", 2020), for a share
/// of its columns.
public struct LlamaFeedForward: Sendable {
  private let gate: ColumnParallelLinear
  private let up: ColumnParallelLinear
  private let down: RowParallelLinear

  /// Makes the parameters of this device's columns.
  init(
    _ parameters: ParameterLoader, _ configuration: LlamaConfiguration, share: TensorShare,
    group: (any Communicator)?
  ) throws {
    func column(_ name: String) throws -> ColumnParallelLinear {
      try ColumnParallelLinear(
        parameters.scoped(name), inputs: configuration.hiddenSize, outputs: share.feedForwardColumns,
        hasBias: configuration.hasFeedForwardBias, label: "feed-forward weights")
    }
    gate = try column("gate_proj")
    up = try column("up_proj")
    down = try RowParallelLinear(
      parameters.scoped("down_proj"), inputs: share.feedForwardColumns, outputs: configuration.hiddenSize,
      hasBias: configuration.hasFeedForwardBias, group: group, label: "feed-forward weights")
  }

  /// `[..., hidden size]` to the same shape, summed over all devices' columns.
  public func callAsFunction(_ rows: Tensor) async throws -> Tensor {
    try await down(gate(rows).silu() * up(rows))
  }
}
