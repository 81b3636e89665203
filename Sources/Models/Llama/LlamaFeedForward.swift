import Communication
import Tensors

/// The feed-forward of a layer, for a share of its columns: down(activation(gate(x)) · up(x)) (Shazeer, "GLU Variants
/// Improve Transformer", 2020; SwiGLU in Llama), or down(activation(up(x))) in families without a gate.
public struct LlamaFeedForward: Sendable {
  private let gate: ColumnParallelLinear?
  private let up: ColumnParallelLinear
  private let down: RowParallelLinear
  private let activation: Activation

  /// Makes the parameters of this device's columns.
  init(
    _ parameters: ParameterLoader, _ configuration: LlamaConfiguration, columns: AxisShare,
    group: (any Communicator)?
  ) throws {
    func column(_ name: String) throws -> ColumnParallelLinear {
      try ColumnParallelLinear(
        parameters.scoped(name), inputs: configuration.hiddenSize, outputs: columns,
        hasBias: configuration.hasFeedForwardBias, label: "feed-forward weights")
    }
    switch configuration.variant.feedForward {
    case .gated(let activation):
      self.activation = activation
      gate = try column("gate_proj")
      up = try column("up_proj")
    case .plain(let activation):
      self.activation = activation
      gate = nil
      up = try column("up_proj")
    }
    down = try RowParallelLinear(
      parameters.scoped("down_proj"), inputs: columns, outputs: configuration.hiddenSize,
      hasBias: configuration.hasFeedForwardBias, group: group, sumFormat: configuration.sumFormat,
      label: "feed-forward weights")
  }

  /// `[..., hidden size]` to the same shape, summed over all devices' columns.
  public func callAsFunction(_ rows: Tensor) async throws -> Tensor {
    guard let gate else { return try await down(activation(up(rows))) }
    return try await down(activation(gate(rows)) * up(rows))
  }
}
