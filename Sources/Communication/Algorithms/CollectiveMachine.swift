/// One member's part in one collective: a pure state machine that returns one action after another.
///
/// The value is small (at most 128 bytes) and ``next()`` never allocates, so that a simulation may hold one for each
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
    progress = ExchangeProgress(startingAt: schedule.firstStep)
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
  /// It tells what the message holds, and whether the receiver combines that with its own blocks or stores it.
  public var lastTransfer: (transfer: Transfer, combines: Bool)? { schedule.lastTransfer(progress) }
}
