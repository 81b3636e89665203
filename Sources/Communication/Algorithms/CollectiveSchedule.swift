/// The schedules of all algorithms under one roof, without existentials.
enum CollectiveSchedule: Sendable {
  case ring(Ring)

  init(shape: CollectiveShape, plan: CollectivePlan, rank: Int) throws(CollectiveError) {
    switch (plan.algorithm, shape.operation) {
    case (.ring, .allReduce):
      let layout = BlockLayout.splitting(
        try shape.equalByteCount(plan), into: shape.size, elementByteCount: shape.elementByteCount)
      self = .ring(Ring(rank: rank, size: shape.size, reduces: true, gathers: true, layout: layout))
    case (.ring, .allGather), (.ring, .reduceScatter):
      let gathers = shape.operation == .allGather
      self = .ring(Ring(rank: rank, size: shape.size, reduces: !gathers, gathers: gathers, layout: shape.memberBlocks))
    default:
      throw .unsupported(plan.algorithm, for: shape.operation, allowed: [.ring])
    }
  }

  var firstStep: Int {
    switch self {
    case .ring(let schedule): schedule.firstStep
    }
  }

  @inline(__always)
  func next(_ progress: inout ExchangeProgress) -> CollectiveAction {
    switch self {
    case .ring(let schedule): progress.next(in: schedule)
    }
  }

  func lastTransfer(_ progress: ExchangeProgress) -> (transfer: Transfer, combines: Bool)? {
    switch self {
    case .ring(let schedule): progress.lastTransfer(in: schedule)
    }
  }
}
