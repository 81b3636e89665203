import Communication
import Tensors

/// Grouped-query self-attention with rotary positions (Ainslie et al., "GQA", 2023), for a share of the heads.
public struct LlamaAttention: Sendable {
  private let queryProjection: ColumnParallelLinear
  private let keyProjection: ColumnParallelLinear
  private let valueProjection: ColumnParallelLinear
  private let outputProjection: RowParallelLinear
  private let headCount: Int
  private let keyValueHeadCount: Int
  private let headSize: Int
  private let rotary: RotaryEmbedding

  /// Makes the parameters of this device's heads.
  init(
    _ parameters: ParameterLoader, _ configuration: LlamaConfiguration, share: TensorShare,
    group: (any Communicator)?
  ) throws {
    let size = configuration.headSize
    func column(_ name: String, _ heads: AxisShare) throws -> ColumnParallelLinear {
      try ColumnParallelLinear(
        parameters.scoped(name), inputs: configuration.hiddenSize, outputs: heads.scaled(by: size),
        hasBias: configuration.hasQueryKeyValueBias, label: "attention weights")
    }
    headCount = share.heads.count
    keyValueHeadCount = share.keyValueHeads.count
    headSize = size
    rotary = configuration.rotary
    queryProjection = try column("q_proj", share.heads)
    keyProjection = try column("k_proj", share.keyValueHeads)
    valueProjection = try column("v_proj", share.keyValueHeads)
    outputProjection = try RowParallelLinear(
      parameters.scoped("o_proj"), inputs: share.heads.scaled(by: size), outputs: configuration.hiddenSize,
      hasBias: configuration.hasAttentionOutputBias, group: group, label: "attention weights")
  }

  /// Queries `[batch, rows, heads, headSize]` of normalized rows `[batch, rows, hidden size]` from `position` on.
  public func queries(_ rows: Tensor, position: Int) throws -> Tensor {
    try heads(queryProjection(rows), headCount).rotated(by: rotary, position: position)
  }

  /// Keys and values `[batch, rows, keyValueHeads, headSize]` of normalized rows from `position` on.
  public func keysAndValues(_ rows: Tensor, position: Int) throws -> KeysAndValues {
    KeysAndValues(
      keys: try heads(keyProjection(rows), keyValueHeadCount).rotated(by: rotary, position: position),
      values: try heads(valueProjection(rows), keyValueHeadCount))
  }

  /// What the queries, the first of which is at `position`, make of all keys and values up to their own position:
  /// `[batch, rows, hidden size]`, summed over all devices' heads.
  public func attend(_ queries: Tensor, to memory: KeysAndValues, position: Int) async throws
    -> Tensor
  {
    let flat = [queries.shape[0], queries.shape[1], headCount * headSize]
    return try await outputProjection(
      queries.attention(keys: memory.keys, values: memory.values, causalOffset: position).reshaped(to: flat))
  }

  private func heads(_ rows: Tensor, _ count: Int) throws -> Tensor {
    try rows.reshaped(to: [rows.shape[0], rows.shape[1], count, headSize])
  }
}
