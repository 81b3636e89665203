/// How one collective is to be done: the algorithm, its parameters, and what the library's protocol adds to messages.
public struct CollectivePlan: Hashable, Sendable {
  /// How messages are exchanged.
  public var algorithm: CollectiveAlgorithm

  /// Most bytes of one segment, in the algorithms that cut buffers into segments (segmented ring, double binary tree,
  /// chains). Rounded down to whole elements, at least one.
  public var segmentByteCount: Int

  /// Members of each node, for the algorithms that go by nodes: ranks `0..<nodeSize` share the first node, and so on.
  public var nodeSize: Int

  /// Parts that follow each other through a node tree.
  public var partCount = 1

  /// The rings of the ring algorithm (all-reduce, all-gather, reduce-scatter of equal blocks).
  public var rings = RingChannels.single

  /// Whether a parent in a binomial tree waits for one message to have left before it sends the next one, as the
  /// textbook's blocking send does; gloo's parents do not.
  public var waitsForSends: Bool

  /// Whether buffers are copied as PyTorch's gloo process group does: own block into the output of an all-gather and
  /// out of it again, input of a reduce-scatter cloned and its result sliced.
  public var copiesBuffers: Bool

  /// Latency that the protocol adds to each message, on top of the network's. Negative where a library's hop has been
  /// measured to be shorter than the path's links say; a message takes no less than no time.
  public var messageLatency: Duration

  /// Latency that the protocol adds once to the whole collective.
  public var baseLatency: Duration

  /// Bytes on the wire for each byte of a message: 2 where a flag travels with each word (NCCL's LL).
  public var wireByteFactor: Double

  /// Paths from member to member among which messages are spread by ring, or by sender and receiver.
  public var pathCount = 1

  /// What holds for messages between members of one node instead, where members sit on several.
  public var withinNode: MessageFigures?

  /// Latency and bytes of some of a plan's messages.
  public struct MessageFigures: Hashable, Sendable {
    /// ``CollectivePlan/messageLatency``.
    public var latency: Duration
    /// ``CollectivePlan/wireByteFactor``.
    public var wireByteFactor: Double

    /// Figures.
    public init(latency: Duration, wireByteFactor: Double) {
      self.latency = latency
      self.wireByteFactor = wireByteFactor
    }
  }

  /// The largest segment that gloo makes unless told otherwise (`kMaxSegmentSize` in gloo's `allreduce.h`): 1 MiB.
  public static let defaultSegmentByteCount = 1 << 20

  /// A plan; what is left out is as the textbook has it.
  public init(
    algorithm: CollectiveAlgorithm, segmentByteCount: Int = defaultSegmentByteCount, nodeSize: Int = 1,
    waitsForSends: Bool = true, copiesBuffers: Bool = false, messageLatency: Duration = .zero,
    baseLatency: Duration = .zero,
    wireByteFactor: Double = 1
  ) {
    self.algorithm = algorithm
    self.segmentByteCount = segmentByteCount
    self.nodeSize = nodeSize
    self.waitsForSends = waitsForSends
    self.copiesBuffers = copiesBuffers
    self.messageLatency = messageLatency
    self.baseLatency = baseLatency
    self.wireByteFactor = wireByteFactor
  }
}

extension CollectivePlan {
  /// Which of several equally good paths a message takes; `nil` leaves it to the group.
  public func lane(from member: Int, to peer: Int, round: Int) -> Int? {
    if pathCount == 1 { return nil }
    return algorithm == .ring && rings.usesLanes ? round % rings.count : (member + peer) % pathCount
  }

  /// Bytes that `rank` copies in memory before its first and after its last message.
  func copyByteCounts(of shape: CollectiveShape, rank: Int) -> (leading: Int, trailing: Int) {
    let blocks = shape.memberBlocks
    if algorithm == .bruck, shape.size > 1 {
      let rotated = shape.operation == .allToAll ? blocks.byteCount(start: 0, length: shape.size) : 0
      return (rotated, shape.operation == .allToAll ? rotated : blocks.prefix(shape.size))
    }
    guard copiesBuffers else { return (0, 0) }
    switch shape.operation {
    case .allGather: return (blocks.byteCount(rank), blocks.prefix(shape.size))
    case .reduceScatter: return (blocks.prefix(shape.size), blocks.byteCount(rank))
    case .allReduce, .reduce, .broadcast, .gather, .scatter, .allToAll, .barrier: return (0, 0)
    }
  }
}
