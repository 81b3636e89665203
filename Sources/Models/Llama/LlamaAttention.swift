import Communication
import Quantities
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

  /// Takes memory for the weights of this device's heads.
  public init(
    _ configuration: LlamaConfiguration, share: TensorShare, group: (any Communicator)?, on device: any TensorDevice
  ) throws {
    let (inputs, size) = (configuration.hiddenSize, configuration.headSize)
    func column(_ heads: Int) throws -> ColumnParallelLinear {
      try ColumnParallelLinear(
        inputs: inputs, outputs: heads * size, hasBias: configuration.hasQueryKeyValueBias,
        elementType: configuration.elementType, on: device, label: "attention weights")
    }
    headCount = share.heads.count
    keyValueHeadCount = share.keyValueHeads.count
    headSize = size
    rotary = configuration.rotary
    queryProjection = try column(share.heads.count)
    keyProjection = try column(share.keyValueHeads.count)
    valueProjection = try column(share.keyValueHeads.count)
    outputProjection = try RowParallelLinear(
      inputs: share.heads.count * size, outputs: inputs, hasBias: configuration.hasAttentionOutputBias, group: group,
      elementType: configuration.elementType, on: device, label: "attention weights")
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
