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
  /// Those that are larger than the others stand behind a pointer, so that machines stay small.
  indirect case doubleBinaryTree(DoubleBinaryTree)
  case hierarchical(Hierarchical)
  indirect case multiRing(MultiRing)
  indirect case directAllReduce(DirectAllReduce)
  indirect case nodeTree(NodeTree)
  case hierarchicalBroadcast(HierarchicalBroadcast)

  /// The next action of a member that has come as far as `progress`.
  ///
  /// The ring is the one algorithm that is run millions of times a second, so it alone is inlined here.
  @inline(__always)
  func next(_ progress: inout ExchangeProgress) -> CollectiveAction {
    switch self {
    case .ring(let schedule): progress.next(in: schedule)
    case .chain(let schedule): Self.next(&progress, in: schedule)
    case .segmentedRing(let schedule): Self.next(&progress, in: schedule)
    case .ringAllGather(let schedule): Self.next(&progress, in: schedule)
    case .binomialTree(let schedule): Self.next(&progress, in: schedule)
    case .recursiveDoubling(let schedule): Self.next(&progress, in: schedule)
    case .recursiveHalvingDoubling(let schedule): Self.next(&progress, in: schedule)
    case .bruckAllGather(let schedule): Self.next(&progress, in: schedule)
    case .bruckAllToAll(let schedule): Self.next(&progress, in: schedule)
    case .directExchange(let schedule): Self.next(&progress, in: schedule)
    case .flat(let schedule): Self.next(&progress, in: schedule)
    case .dissemination(let schedule): Self.next(&progress, in: schedule)
    case .doubleBinaryTree(let schedule): Self.next(&progress, in: schedule)
    case .hierarchical(let schedule): Self.next(&progress, in: schedule)
    case .multiRing(let schedule): Self.next(&progress, in: schedule)
    case .directAllReduce(let schedule): Self.next(&progress, in: schedule)
    case .nodeTree(let schedule): Self.next(&progress, in: schedule)
    case .hierarchicalBroadcast(let schedule): Self.next(&progress, in: schedule)
    }
  }

  @inline(never)
  private static func next(
    _ progress: inout ExchangeProgress, in schedule: some ExchangeSchedule
  ) -> CollectiveAction {
    progress.next(in: schedule)
  }

  /// The iterations that a member goes through.
  var iterations: Range<Int> {
    switch self {
    case .ring(let schedule): schedule.iterations
    case .chain(let schedule): schedule.iterations
    case .segmentedRing(let schedule): schedule.iterations
    case .ringAllGather(let schedule): schedule.iterations
    case .binomialTree(let schedule): schedule.iterations
    case .recursiveDoubling(let schedule): schedule.iterations
    case .recursiveHalvingDoubling(let schedule): schedule.iterations
    case .bruckAllGather(let schedule): schedule.iterations
    case .bruckAllToAll(let schedule): schedule.iterations
    case .directExchange(let schedule): schedule.iterations
    case .flat(let schedule): schedule.iterations
    case .dissemination(let schedule): schedule.iterations
    case .doubleBinaryTree(let schedule): schedule.iterations
    case .hierarchical(let schedule): schedule.iterations
    case .multiRing(let schedule): schedule.iterations
    case .directAllReduce(let schedule): schedule.iterations
    case .nodeTree(let schedule): schedule.iterations
    case .hierarchicalBroadcast(let schedule): schedule.iterations
    }
  }

  /// The schedule itself, for what is asked for in tests and traces only.
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
    case .multiRing(let schedule): schedule
    case .directAllReduce(let schedule): schedule
    case .nodeTree(let schedule): schedule
    case .hierarchicalBroadcast(let schedule): schedule
    }
  }
}
