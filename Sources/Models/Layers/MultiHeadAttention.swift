import Communication
import Tensors

/// Self-attention with as many key-value heads as query heads and a bias at each projection (Vaswani et al., "Attention
/// Is All You Need", 2017), for a share of the heads.
public struct MultiHeadAttention: Sendable {
  /// Where a model's checkpoints keep the parameters of the projections.
  public struct Names: Hashable, Sendable {
    var query: String
    var key: String
    var value: String
    var output: String

    /// Names within the attention's scope.
    public init(query: String, key: String, value: String, output: String) {
      self.query = query
      self.key = key
      self.value = value
      self.output = output
    }
  }

  /// Which keys a query sees.
  public enum Visibility: Sendable {
    /// All.
    case all
    /// The first so many of each entry, `[batch]`: those behind them are padding.
    case first(Tensor)
    /// Those up to its own position; the first query is at position 0.
    case upToOwn
  }

  private let queryProjection: ColumnParallelLinear
  private let keyProjection: ColumnParallelLinear
  private let valueProjection: ColumnParallelLinear
  private let outputProjection: RowParallelLinear
  private let headCount: Int
  private let headSize: Int

  /// Makes the parameters of this device's heads.
  ///
  /// - Parameter group: the devices that divide the heads; `nil` when this one has them all.
  public init(
    _ parameters: ParameterLoader, names: Names, hiddenSize: Int, heads: AxisShare, group: (any Communicator)?
  ) throws {
    headSize = hiddenSize / heads.total
    headCount = heads.count
    let columns = heads.scaled(by: headSize)
    func column(_ name: String) throws -> ColumnParallelLinear {
      try ColumnParallelLinear(
        parameters.scoped(name), inputs: hiddenSize, outputs: columns, hasBias: true, label: "attention weights")
    }
    queryProjection = try column(names.query)
    keyProjection = try column(names.key)
    valueProjection = try column(names.value)
    outputProjection = try RowParallelLinear(
      parameters.scoped(names.output), inputs: columns, outputs: hiddenSize, hasBias: true, group: group,
      label: "attention weights")
  }

  /// Queries `[batch, rows, heads, headSize]` of rows `[batch, rows, hidden size]`.
  public func queries(_ rows: Tensor) throws -> Tensor { try heads(queryProjection(rows)) }

  /// Keys and values `[batch, rows, heads, headSize]` of rows `[batch, rows, hidden size]`.
  public func keysAndValues(_ rows: Tensor) throws -> KeysAndValues {
    KeysAndValues(keys: try heads(keyProjection(rows)), values: try heads(valueProjection(rows)))
  }

  /// What the queries make of the keys and values that they see, `[batch, rows, hidden size]`, summed over all devices'
  /// heads.
  public func attend(_ queries: consuming Tensor, to memory: consuming KeysAndValues, seeing visibility: Visibility)
    async throws -> Tensor
  {
    let flat = [queries.shape[0], queries.shape[1], headCount * headSize]
    let attended =
      switch visibility {
      case .all: try queries.attention(keys: memory.keys, values: memory.values, keyCounts: nil)
      case .first(let counts): try queries.attention(keys: memory.keys, values: memory.values, keyCounts: counts)
      case .upToOwn: try queries.attention(keys: memory.keys, values: memory.values, causalOffset: 0)
      }
    return try await outputProjection(attended.reshaped(to: flat))
  }

  private func heads(_ rows: Tensor) throws -> Tensor {
    try rows.reshaped(to: [rows.shape[0], rows.shape[1], headCount, headSize])
  }
}
