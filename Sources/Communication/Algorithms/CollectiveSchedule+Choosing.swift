extension CollectiveSchedule {
  /// The schedule of one member.
  ///
  /// - Throws: when the plan's algorithm does not do the shape's operation, or not with these sizes.
  init(shape: CollectiveShape, plan: CollectivePlan, rank: Int) throws(CollectiveError) {
    guard plan.algorithm.operations.contains(shape.operation) else {
      throw .unsupported(plan.algorithm, for: shape.operation)
    }
    if plan.segmentByteCount < 1 {
      throw .invalidPlan(plan.algorithm, reason: "segments of \(plan.segmentByteCount) bytes; allowed are 1 or more")
    }
    switch plan.algorithm {
    case .ring: self = try Self.ring(shape, plan, rank)
    case .segmentedRing: self = try Self.segmentedRing(shape, plan, rank)
    case .binomialTree:
      self = .binomialTree(
        BinomialTree(
          rank: rank, shape: shape, waitsForSends: plan.waitsForSends, layout: try shape.wholesOrBlocks(plan)))
    case .recursiveDoubling:
      let layout = try shape.wholesOrBlocks(plan)
      self = .recursiveDoubling(
        RecursiveDoubling(rank: rank, size: shape.size, reduces: shape.operation == .allReduce, layout: layout))
    case .recursiveHalvingDoubling: self = .recursiveHalvingDoubling(try Self.halvingDoubling(shape, plan, rank))
    case .bruck: self = try Self.bruck(shape, plan, rank)
    case .pairwise: self = .directExchange(Self.direct(shape, rank, postsAll: false))
    case .flat: self = try Self.flat(shape, plan, rank)
    case .dissemination: self = .dissemination(Dissemination(rank: rank, size: shape.size))
    case .doubleBinaryTree:
      self = .doubleBinaryTree(
        DoubleBinaryTree(
          rank: rank, shape: shape, byteCount: try shape.equalByteCount(plan), segmentByteCount: plan.segmentByteCount))
    case .hierarchical: self = try Self.hierarchical(shape, plan, rank)
    case .oneShot, .twoShot, .inSwitch: self = try Self.directReduction(shape, plan, rank)
    case .nodeTree, .inSwitchTree: self = try Self.nodeTree(shape, plan, rank)
    }
  }

  private static func ring(
    _ shape: CollectiveShape, _ plan: CollectivePlan, _ rank: Int
  ) throws(CollectiveError) -> Self {
    if shape.operation == .broadcast || shape.operation == .reduce {
      let total = try shape.equalByteCount(plan)
      let element = shape.elementByteCount
      let largest = max(1, plan.segmentByteCount / element) * element
      let layout = BlockLayout.segments(
        count: total.dividedRoundingUp(by: largest), byteCount: min(largest, total), total: total)
      return .chain(
        Chain(rank: rank, size: shape.size, root: shape.root, combining: shape.operation == .reduce, layout: layout))
    }
    let reduces = shape.operation != .allGather
    let gathers = shape.operation != .reduceScatter
    if plan.rings.count > 1, let layout = try shape.oneBlockForEachMemberAndChannel(plan) {
      return .multiRing(
        MultiRing(
          rank: rank, size: shape.size, channels: plan.rings, reduces: reduces, gathers: gathers, layout: layout))
    }
    return .ring(
      Ring(
        rank: rank, size: shape.size, reduces: reduces, gathers: gathers,
        layout: try shape.oneBlockForEachMember(plan)))
  }

  private static func directReduction(
    _ shape: CollectiveShape, _ plan: CollectivePlan, _ rank: Int
  ) throws(CollectiveError) -> Self {
    guard shape.operation == .allReduce else { return .directExchange(direct(shape, rank, postsAll: true)) }
    let blocks = plan.algorithm == .oneShot ? 1 : shape.size
    let layout = BlockLayout.splitting(
      try shape.equalByteCount(plan), into: blocks, elementByteCount: shape.elementByteCount)
    return .directAllReduce(DirectAllReduce(rank: rank, size: shape.size, layout: layout))
  }

  private static func nodeTree(
    _ shape: CollectiveShape, _ plan: CollectivePlan, _ rank: Int
  ) throws(CollectiveError) -> Self {
    try checkNodeSize(shape, plan)
    let parts = max(1, plan.partCount)
    let layout = BlockLayout.splitting(
      try shape.equalByteCount(plan), into: parts * shape.size, elementByteCount: shape.elementByteCount)
    return .nodeTree(
      NodeTree(
        rank: rank, size: shape.size, nodeSize: plan.nodeSize, parts: parts, isDirect: plan.algorithm == .inSwitchTree,
        layout: layout))
  }

  private static func checkNodeSize(_ shape: CollectiveShape, _ plan: CollectivePlan) throws(CollectiveError) {
    guard plan.nodeSize >= 1, shape.size % plan.nodeSize == 0 else {
      throw .invalidPlan(
        plan.algorithm,
        reason: "members % members per node = \(shape.size) % \(plan.nodeSize) must be 0; "
          + "give a node size that divides the group, or another algorithm")
    }
  }

  private static func segmentedRing(
    _ shape: CollectiveShape, _ plan: CollectivePlan, _ rank: Int
  ) throws(CollectiveError) -> Self {
    if shape.operation == .allGather {
      return .ringAllGather(RingAllGather(rank: rank, size: shape.size, blocks: shape.blocks))
    }
    // PyTorch's reduce-scatter on gloo is an all-reduce of all blocks, of which each member keeps its own.
    let total =
      shape.operation == .reduceScatter ? shape.memberBlocks.prefix(shape.size) : try shape.equalByteCount(plan)
    return .segmentedRing(
      SegmentedRing(
        rank: rank, size: shape.size, root: shape.operation == .reduce ? shape.root : nil, byteCount: total,
        elementByteCount: shape.elementByteCount, segmentByteCount: plan.segmentByteCount))
  }

  private static func halvingDoubling(
    _ shape: CollectiveShape, _ plan: CollectivePlan, _ rank: Int
  ) throws(CollectiveError) -> RecursiveHalvingDoubling {
    if shape.operation == .reduceScatter {
      return RecursiveHalvingDoubling(rank: rank, size: shape.size, blocks: shape.memberBlocks)
    }
    return RecursiveHalvingDoubling(
      rank: rank, size: shape.size, byteCount: try shape.equalByteCount(plan), elementByteCount: shape.elementByteCount)
  }

  private static func bruck(
    _ shape: CollectiveShape, _ plan: CollectivePlan, _ rank: Int
  ) throws(CollectiveError) -> Self {
    if shape.operation == .allGather {
      return .bruckAllGather(BruckAllGather(rank: rank, size: shape.size, layout: shape.memberBlocks))
    }
    let byteCount = try shape.equalByteCount(plan)
    return .bruckAllToAll(BruckAllToAll(rank: rank, size: shape.size, blockByteCount: byteCount))
  }

  private static func flat(
    _ shape: CollectiveShape, _ plan: CollectivePlan, _ rank: Int
  ) throws(CollectiveError) -> Self {
    switch shape.operation {
    case .broadcast, .reduce, .gather, .scatter:
      return .flat(Flat(rank: rank, shape: shape, layout: try shape.wholesOrBlocks(plan)))
    default: return .directExchange(direct(shape, rank, postsAll: true))
    }
  }

  private static func direct(_ shape: CollectiveShape, _ rank: Int, postsAll: Bool) -> DirectExchange {
    DirectExchange(
      rank: rank, size: shape.size, operation: shape.operation, postsAll: postsAll, layout: shape.memberBlocks)
  }

  private static func hierarchical(
    _ shape: CollectiveShape, _ plan: CollectivePlan, _ rank: Int
  ) throws(CollectiveError) -> Self {
    try checkNodeSize(shape, plan)
    if shape.operation == .broadcast {
      let layout = try shape.wholesOrBlocks(plan)
      return .hierarchicalBroadcast(
        HierarchicalBroadcast(rank: rank, shape: shape, nodeSize: plan.nodeSize, layout: layout))
    }
    return .hierarchical(
      Hierarchical(
        rank: rank, size: shape.size, nodeSize: plan.nodeSize, reduces: shape.operation != .allGather,
        gathers: shape.operation != .reduceScatter, layout: try shape.oneBlockForEachMember(plan)))
  }
}
