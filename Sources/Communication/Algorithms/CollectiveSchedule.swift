/// The schedules of all algorithms under one roof, so that a machine needs no existential on its way.
enum CollectiveSchedule: Sendable {
  case ring(Ring)
  case chain(Chain)
  case segmentedRing(SegmentedRing)
  case ringAllGather(RingAllGather)
  case binomialTree(BinomialTree)
  case recursiveDoubling(RecursiveDoubling)
  case recursiveHalvingDoubling(RecursiveHalvingDoubling)
  case bruckAllGather(BruckAllGather)
  case bruckAllToAll(BruckAllToAll)
  case directExchange(DirectExchange)
  case flat(Flat)
  case dissemination(Dissemination)
  case doubleBinaryTree(DoubleBinaryTree)
  case hierarchical(Hierarchical)
  case hierarchicalBroadcast(HierarchicalBroadcast)

  @inline(__always)
  func next(_ progress: inout ExchangeProgress) -> CollectiveAction {
    switch self {
    case .ring(let schedule): progress.next(in: schedule)
    case .chain(let schedule): progress.next(in: schedule)
    case .segmentedRing(let schedule): progress.next(in: schedule)
    case .ringAllGather(let schedule): progress.next(in: schedule)
    case .binomialTree(let schedule): progress.next(in: schedule)
    case .recursiveDoubling(let schedule): progress.next(in: schedule)
    case .recursiveHalvingDoubling(let schedule): progress.next(in: schedule)
    case .bruckAllGather(let schedule): progress.next(in: schedule)
    case .bruckAllToAll(let schedule): progress.next(in: schedule)
    case .directExchange(let schedule): progress.next(in: schedule)
    case .flat(let schedule): progress.next(in: schedule)
    case .dissemination(let schedule): progress.next(in: schedule)
    case .doubleBinaryTree(let schedule): progress.next(in: schedule)
    case .hierarchical(let schedule): progress.next(in: schedule)
    case .hierarchicalBroadcast(let schedule): progress.next(in: schedule)
    }
  }

  /// The schedule itself, for what is not asked for on every action.
  var schedule: any ExchangeSchedule {
    switch self {
    case .ring(let schedule): schedule
    case .chain(let schedule): schedule
    case .segmentedRing(let schedule): schedule
    case .ringAllGather(let schedule): schedule
    case .binomialTree(let schedule): schedule
    case .recursiveDoubling(let schedule): schedule
    case .recursiveHalvingDoubling(let schedule): schedule
    case .bruckAllGather(let schedule): schedule
    case .bruckAllToAll(let schedule): schedule
    case .directExchange(let schedule): schedule
    case .flat(let schedule): schedule
    case .dissemination(let schedule): schedule
    case .doubleBinaryTree(let schedule): schedule
    case .hierarchical(let schedule): schedule
    case .hierarchicalBroadcast(let schedule): schedule
    }
  }
}
