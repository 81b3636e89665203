/// The operations that have algorithms.
public enum CollectiveOperation: String, CaseIterable, Sendable, Codable {
  case allReduce, allGather, reduceScatter, reduce, broadcast, gather, scatter, allToAll, barrier
}

/// The sizes of one collective's blocks, in bytes.
public enum BlockSizes: Hashable, Sendable {
  /// All blocks have this many bytes.
  case equal(Int)
  /// Block `i` has `bytes[i]` bytes (all-gather, reduce-scatter, gather, scatter).
  case uneven([Int])
  /// Member `i` sends `bytes[i * size + j]` bytes to member `j` (all-to-all).
  case matrix([Int])
}

/// What a collective is, before anybody has said how it is done.
public struct CollectiveShape: Hashable, Sendable {
  /// What the members do together.
  public var operation: CollectiveOperation
  /// Number of members.
  public var size: Int
  /// The root's rank; 0 where the operation has none.
  public var root: Int
  /// Bytes of one element; algorithms split buffers at multiples of it.
  public var elementByteCount: Int
  /// All-reduce, reduce, broadcast: `.equal(S)`, the whole buffer of each member. All-gather, gather: a member's own
  /// block. Scatter, reduce-scatter: the block each member ends with. All-to-all: `.equal(B)`, the block of each pair,
  /// or `.matrix`. Barrier: `.equal(0)`.
  public var blocks: BlockSizes

  /// See the properties for what `blocks` holds for each operation.
  public init(
    operation: CollectiveOperation, size: Int, root: Int = 0, elementByteCount: Int = 1, blocks: BlockSizes
  ) {
    self.operation = operation
    self.size = size
    self.root = root
    self.elementByteCount = elementByteCount
    self.blocks = blocks
  }
}
