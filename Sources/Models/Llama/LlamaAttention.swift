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
  /// `nil` in a layer without positions.
  private let rotary: RotaryEmbedding?
  /// How many positions a query sees; `nil` for all up to its own.
  private let window: Int?
  private let queryNorm: RMSNorm?
  private let keyNorm: RMSNorm?
  /// Whether queries and keys are normalized as a whole, not head by head.
  private let normalizesProjection: Bool

  /// Makes the parameters of this device's heads.
  init(
    _ parameters: ParameterLoader, _ configuration: LlamaConfiguration, layer: Int, share: TensorShare,
    group: (any Communicator)?
  ) throws {
    let size = configuration.headSize
    let traits = configuration.variant.traits(ofLayer: layer)
    func column(_ name: String, _ heads: AxisShare) throws -> ColumnParallelLinear {
      try ColumnParallelLinear(
        parameters.scoped(name), inputs: configuration.hiddenSize, outputs: heads.scaled(by: size),
        hasBias: configuration.hasQueryKeyValueBias, label: "attention weights")
    }
    headCount = share.heads.count
    keyValueHeadCount = share.keyValueHeads.count
    headSize = size
    rotary = traits.isRotary && configuration.variant.positions == .rotary ? configuration.rotary : nil
    window = traits.window
    queryProjection = try column("q_proj", share.heads)
    keyProjection = try column("k_proj", share.keyValueHeads)
    valueProjection = try column("v_proj", share.keyValueHeads)
    outputProjection = try RowParallelLinear(
      parameters.scoped("o_proj"), inputs: share.heads.scaled(by: size), outputs: configuration.hiddenSize,
      hasBias: configuration.hasAttentionOutputBias, group: group, sumFormat: configuration.sumFormat,
      label: "attention weights")
    let queryKeyNorm = configuration.variant.queryKeyNorm
    normalizesProjection = queryKeyNorm == .projection
    func norm(_ name: String, _ heads: AxisShare) throws -> RMSNorm? {
      guard queryKeyNorm != .none else { return nil }
      return try RMSNorm(
        parameters.scoped(name), size: queryKeyNorm == .projection ? heads.count * size : size,
        epsilon: configuration.normEpsilon)
    }
    queryNorm = try norm("q_norm", share.heads)
    keyNorm = try norm("k_norm", share.keyValueHeads)
  }

  /// Queries `[batch, rows, heads, headSize]` of normalized rows `[batch, rows, hidden size]` from `position` on.
  public func queries(_ rows: Tensor, position: Int) throws -> Tensor {
    try turned(queryProjection(rows), headCount, queryNorm, position: position)
  }

  /// Keys and values `[batch, rows, keyValueHeads, headSize]` of normalized rows from `position` on.
  public func keysAndValues(_ rows: Tensor, position: Int) throws -> KeysAndValues {
    KeysAndValues(
      keys: try turned(keyProjection(rows), keyValueHeadCount, keyNorm, position: position),
      values: try heads(valueProjection(rows), keyValueHeadCount))
  }

  /// What the queries, the first of which is at `position`, make of all keys and values up to their own position:
  /// `[batch, rows, hidden size]`, summed over all devices' heads.
  public func attend(_ queries: Tensor, to memory: KeysAndValues, position: Int) async throws
    -> Tensor
  {
    try await project(attended(queries, to: memory, position: position))
  }

  /// What each head of the queries, the first of which is at `position`, makes of all keys and values up to their own position:
  /// `[batch, rows, heads, head size]`.
  func attended(_ queries: Tensor, to memory: KeysAndValues, position: Int) throws -> Tensor {
    try queries.attention(
      keys: memory.keys, values: memory.values, causalOffset: position, window: maskingWindow(position, memory.keys))
  }

  /// The output projection of all heads' results.
  func project(_ mixed: consuming Tensor) async throws -> Tensor {
    let flat = [mixed.shape[0], mixed.shape[1], headCount * headSize]
    return try await outputProjection(mixed.reshaped(to: flat))
  }

  /// The window where it hides any of the keys; their last one is the last query's own.
  private func maskingWindow(_ position: Int, _ keys: Tensor) -> Int? {
    window.flatMap { keys.shape[1] > $0 ? $0 : nil }
  }

  /// Rows of a projection as heads, normalized and turned by their positions.
  private func turned(_ rows: consuming Tensor, _ count: Int, _ norm: RMSNorm?, position: Int) throws -> Tensor {
    var rows = consume rows
    if normalizesProjection, let norm { rows = try norm(rows) }
    rows = try heads(rows, count)
    if !normalizesProjection, let norm { rows = try norm(rows) }
    return try rotary.map { try rows.rotated(by: $0, position: position) } ?? rows
  }

  private func heads(_ rows: Tensor, _ count: Int) throws -> Tensor {
    try rows.reshaped(to: [rows.shape[0], rows.shape[1], count, headSize])
  }
}
