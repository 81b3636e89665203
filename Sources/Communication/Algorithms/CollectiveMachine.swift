/// One member's part in one collective: a pure state machine that returns one action after another.
///
/// The value is small (at most 80 bytes) and ``next()`` never allocates, so that a simulation may hold one for each
/// of many members.
public struct CollectiveMachine: Sendable {
  private var progress: ExchangeProgress
  private var leadingCopyByteCount: Int
  private var trailingCopyByteCount: Int
  private let schedule: CollectiveSchedule

  /// - Parameters:
  ///   - shape: the collective.
  ///   - plan: how it is done.
  ///   - rank: the member, in `0..<shape.size`.
  /// - Throws: when the shape contradicts itself or the plan's algorithm cannot do it.
  public init(shape: CollectiveShape, plan: CollectivePlan, rank: Int) throws(CollectiveError) {
    try shape.validate(rank: rank)
    schedule = try CollectiveSchedule(shape: shape, plan: plan, rank: rank)
    let iterations = schedule.iterations
    guard iterations.upperBound < Int32.max else {
      throw .invalidPlan(
        plan.algorithm, reason: "\(iterations.count) steps are more than \(Int32.max); allow longer segments")
    }
    progress = ExchangeProgress(startingAt: iterations.lowerBound)
    (leadingCopyByteCount, trailingCopyByteCount) = plan.copyByteCounts(of: shape, rank: rank)
  }

  /// What the member does next; ``CollectiveAction/finished`` for ever after its part has ended.
  public mutating func next() -> CollectiveAction {
    if leadingCopyByteCount > 0 {
      defer { leadingCopyByteCount = 0 }
      return .copy(byteCount: leadingCopyByteCount)
    }
    let action = schedule.next(&progress)
    if trailingCopyByteCount > 0, action == .finished {
      defer { trailingCopyByteCount = 0 }
      return .copy(byteCount: trailingCopyByteCount)
    }
    return action
  }

  /// The message that the action returned last sends, gets ready for, awaits or combines; `nil` after another action.
  /// For tests and traces: it is worked out anew, from the same blocks as the byte counts are.
  public var lastMessage: MessageContents? {
    let schedule = schedule.schedule
    guard let (transfer, combines) = progress.lastTransfer(in: schedule) else { return nil }
    let layout = schedule.layout
    let ranges = transfer.blocks.indices(blockCount: layout.count).map { index in
      let start = layout.prefix(index)
      return start..<(start + layout.byteCount(index))
    }
    return MessageContents(peer: transfer.peer, round: transfer.round, byteRanges: ranges, combines: combines)
  }
}

/// What a message of a collective holds.
public struct MessageContents: Hashable, Sendable {
  /// The other side's rank.
  public let peer: Int
  /// The message's number among those that its receiver gets in this collective.
  public let round: Int
  /// Which bytes of the collective's data, in the order in which they are sent. All-reduce, reduce, broadcast: of the
  /// buffer. All-gather, reduce-scatter, gather, scatter: of all members' blocks, one after another in rank order.
  /// All-to-all: of the blocks of all pairs, ordered by sender, then by receiver.
  public let byteRanges: [Range<Int>]
  /// Whether the receiver combines them with its own bytes rather than storing them.
  public let combines: Bool
}
