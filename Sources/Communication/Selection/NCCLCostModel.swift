/// How NCCL does a collective, and its time where nothing else uses the links.
///
/// NCCL's estimates choose among rings and trees and their protocols (``NCCLTuner``); the time of the chosen one follows
/// from measured figures (``NCCLFigures``). The plan carries these figures, so its messages take that time over the links
/// of the cluster, and more where others use them. Rings of a group on several nodes run over all cards that its members
/// use, and over parallel cables and planes of switches; on a full mesh they share no link.
public struct NCCLCostModel: Sendable {
  /// A plan and its expected time in microseconds.
  struct Offer: Sendable {
    let plan: CollectivePlan
    let time: Double
  }

  let layout: GroupLayout
  let size: Int
  let nodes: Int
  private let tuner: NCCLTuner
  private let protocols: Set<NCCLProtocol>

  /// Latency of a path of NVLink or PCIe as clusters give it, which is part of what was measured of a hop; what goes
  /// beyond it is added to the hop.
  static let nominalPathLatency = 2.0

  /// The model of a group laid out like this.
  ///
  /// - Parameter protocols: those that NCCL may choose (`NCCL_PROTO`).
  public init(layout: GroupLayout, protocols: Set<NCCLProtocol> = Set(NCCLProtocol.allCases)) {
    self.layout = layout
    self.protocols = protocols
    size = layout.nodeOfMember.count
    nodes = layout.machineCount
    tuner = NCCLTuner(
      layout: layout, within: Self.withinLineRate(layout) * NCCLFigures.estimatedShare(layout),
      between: layout.betweenNodes.bytesPerSecond / 1e9 * Double(layout.pathCount), protocols: protocols)
  }

  /// The expected time of an operation on `byteCount` bytes in all, by the algorithm and protocol that NCCL takes.
  ///
  /// - Parameter byteCount: what each member ends or begins with: the buffer of an all-reduce, reduce or broadcast, all
  ///   blocks of an all-gather, reduce-scatter or all-to-all.
  public func time(of operation: CollectiveOperation, byteCount: Int) -> Duration {
    .microseconds(best(operation, byteCount: byteCount).time)
  }

  /// How NCCL does a collective.
  ///
  /// All-to-all, gather and scatter are grouped sends and receives. PyTorch's barrier is an all-reduce of one element,
  /// whose messages here are a dissemination's with the low-latency protocol's figures.
  ///
  /// - Parameter algorithm: by which algorithm, if not by NCCL's choice.
  func plan(for shape: CollectiveShape, by algorithm: CollectiveAlgorithm? = nil) -> CollectivePlan {
    let byteCount = shape.totalByteCount
    let offer =
      algorithm.flatMap { self.offer($0, shape.operation, byteCount) } ?? best(shape.operation, byteCount: byteCount)
    var plan = offer.plan
    if let algorithm { plan.algorithm = algorithm }
    return plan
  }

  private func best(_ operation: CollectiveOperation, byteCount: Int) -> Offer {
    switch operation {
    case .allReduce:
      var algorithms: [NCCLAlgorithm] = [.ring]
      if nodes > 1 { algorithms.append(.tree) }
      let chosen = tuner.best(operation, byteCount: byteCount, among: algorithms)
      let offer =
        chosen.algorithm == .ring ? ring(operation, byteCount, chosen.transport) : tree(byteCount, chosen.transport)
      // NVLSTree is there for those who choose it: what has been measured of two nodes of H100 is what rings reach (nccl-tests
      // issue 290; aws-samples/awsome-distributed-training, `micro-benchmarks/nccl-tests`).
      if nodes == 1, let inSwitch = inSwitch(byteCount), inSwitch.time < offer.time { return inSwitch }
      return offer
    case .allGather, .reduceScatter, .reduce, .broadcast:
      return ring(operation, byteCount, tuner.best(operation, byteCount: byteCount, among: [.ring]).transport)
    case .gather, .scatter, .allToAll: return direct(operation, byteCount)
    case .barrier: return barrier
    }
  }

  /// An algorithm that NCCL has, with its figures; `nil` for others, and where it cannot be used.
  private func offer(_ algorithm: CollectiveAlgorithm, _ operation: CollectiveOperation, _ byteCount: Int) -> Offer? {
    switch algorithm {
    case .ring: ring(operation, byteCount, tuner.best(operation, byteCount: byteCount, among: [.ring]).transport)
    case .nodeTree, .doubleBinaryTree:
      operation == .allReduce
        ? tree(byteCount, tuner.best(operation, byteCount: byteCount, among: [.tree]).transport) : nil
    case .inSwitch: nodes > 1 ? nil : operation == .allReduce ? inSwitch(byteCount) : direct(operation, byteCount)
    case .inSwitchTree: nodes == 1 ? nil : inSwitchTree(byteCount)
    case .flat, .pairwise: direct(operation, byteCount)
    default: nil
    }
  }

  // MARK: Rates in gigabytes per second past one member, and latencies in microseconds

  /// The line rate of all of a member's paths within its machine. Between a pair of devices PCIe carries both directions in
  /// full; what more of them send passes one host bridge, of which each has its share (8 and 4 L40S).
  private static func withinLineRate(_ layout: GroupLayout) -> Double {
    let members = layout.uniformNodeSize ?? layout.nodeOfMember.count
    let sharers = layout.sharesMachine ? layout.nodeOfMember.count : members
    let paths = layout.isFullMesh ? RingChannels.edgeDisjoint(size: sharers).count : layout.pathCount
    return layout.withinNode.bytesPerSecond / 1e9 * Double(paths) / hostBridgeFactor(layout, members: sharers)
  }

  private static func hostBridgeFactor(_ layout: GroupLayout, members: Int) -> Double {
    layout.nodeFabric == .pci && members > 2 ? Double(members) : 1
  }

  private var membersOfMachine: Int { nodes == 1 ? size : layout.uniformNodeSize ?? max(1, size / nodes) }
  private var bridgeFactor: Double { Self.hostBridgeFactor(layout, members: membersOfMachine) }
  private func rateWithin(_ figures: NCCLFigures) -> Double { Self.withinLineRate(layout) * figures.share }

  /// Over all cards, or some of them.
  private func rateBetween(_ transport: NCCLProtocol, cards: Int? = nil) -> Double {
    let used = cards.map { Double($0) / Double(layout.cardCount) } ?? 1
    return layout.betweenNodes.bytesPerSecond / 1e9 * used * Double(layout.pathCount) * NCCLFigures.networkShare
      / transport.wireByteFactor
  }

  private var pathWithin: Double { layout.withinNode.latency / .microseconds(1) }
  private var pathBetween: Double { layout.betweenNodes.latency / .microseconds(1) }

  private func hopWithin(_ hop: Double) -> Double { hop + max(0, pathWithin - Self.nominalPathLatency) }
  private func hopBetween(_ transport: NCCLProtocol) -> Double {
    pathBetween + NCCLFigures.networkOverhead(transport)
  }

  // MARK: Plans

  private func plan(
    _ algorithm: CollectiveAlgorithm, base: Double, hop: Double, share: Double, _ transport: NCCLProtocol
  ) -> CollectivePlan {
    let within = CollectivePlan.MessageFigures(
      latency: .microseconds(hop - min(pathWithin, Self.nominalPathLatency)), wireByteFactor: bridgeFactor / share)
    var plan = CollectivePlan(
      algorithm: algorithm, messageLatency: within.latency, baseLatency: .microseconds(base),
      wireByteFactor: within.wireByteFactor)
    plan.pathCount = layout.pathCount
    if nodes > 1 {
      plan.messageLatency = .microseconds(NCCLFigures.networkOverhead(transport))
      plan.wireByteFactor = transport.wireByteFactor / NCCLFigures.networkShare
      plan.withinNode = within
    }
    return plan
  }

  private func ring(_ operation: CollectiveOperation, _ byteCount: Int, _ transport: NCCLProtocol) -> Offer {
    let figures = NCCLFigures.ring(operation, transport, layout)
    let isChain = operation == .reduce || operation == .broadcast
    let block = Double(byteCount) / Double(size) / 1000
    let rate = rateWithin(figures)
    let own = isChain || rate == 0 ? 0 : figures.own * block / rate
    let base = figures.base(byteCount: byteCount) + own
    var plan = plan(.ring, base: base, hop: figures.hop, share: figures.share, transport)
    if isChain { return chain(plan, byteCount, base: base, hop: figures.hop, rate: rate, transport) }
    plan.rings = rings
    let steps = operation.ringSteps(size)
    let within = hopWithin(figures.hop) + block / rate
    guard nodes > 1 else { return Offer(plan: plan, time: base + Double(steps) * within) }
    guard let nodeSize = layout.uniformNodeSize else {
      let crossings = Double(operation.ringSteps(nodes))
      let between = hopBetween(transport) + block / rateBetween(transport, cards: 1)
      return Offer(plan: plan, time: base + (Double(steps) - crossings) * within + crossings * between)
    }
    // Fewer rings wait less for each other, more have more bandwidth.
    var best: Offer?
    var count = plan.rings.usesLanes ? 1 : plan.rings.count
    repeat {
      if !plan.rings.usesLanes { plan.rings = .rotated(cards: count, nodeSize: nodeSize) }
      let cards = min(plan.rings.usesLanes ? 1 : count, layout.cardCount)
      let share = block / Double(count)
      let walk = RingWalk(
        nodeSize: nodeSize, channels: count,
        within: MessageTime(latency: hopWithin(figures.hop), transfer: share / rate),
        between: MessageTime(
          latency: hopBetween(transport), transfer: share / rateBetween(transport, cards: cards) * Double(cards)))
      let offer = Offer(plan: plan, time: base + walk.time(steps: steps))
      if best.map({ offer.time < $0.time }) ?? true { best = offer }
      count /= 2
    } while count > 0
    return best ?? Offer(plan: plan, time: base)
  }

  /// Broadcast and reduce: segments follow each other along the ring.
  private func chain(
    _ plan: CollectivePlan, _ byteCount: Int, base: Double, hop: Double, rate: Double, _ transport: NCCLProtocol
  ) -> Offer {
    var plan = plan
    plan.segmentByteCount = transport.chunkByteCount * layout.channelCount
    let segment = Double(min(byteCount, plan.segmentByteCount)) / 1000
    let rest = Double(byteCount) / 1000 - segment
    let slowest = nodes > 1 ? min(rate, rateBetween(transport, cards: 1)) : rate
    let crossings = Double(nodes - 1)
    let time =
      Double(size - nodes) * (hopWithin(hop) + segment / rate) + rest / slowest
      + (nodes > 1 ? crossings * (hopBetween(transport) + segment / slowest) : 0)
    return Offer(plan: plan, time: base + time)
  }

  /// The rings that NCCL finds.
  private var rings: RingChannels {
    if layout.isFullMesh, nodes == 1 { return .edgeDisjoint(size: size) }
    if layout.pathCount > 1, nodes == 1 || layout.cardCount == 1 {
      return RingChannels(count: layout.pathCount, order: .ranks)
    }
    guard nodes > 1, let nodeSize = layout.uniformNodeSize else { return .single }
    return .rotated(cards: layout.cardCount, nodeSize: nodeSize)
  }

  private func tree(_ byteCount: Int, _ transport: NCCLProtocol) -> Offer {
    let figures = NCCLFigures.ring(.allReduce, transport, layout)
    let base = figures.base(byteCount: byteCount)
    guard let nodeSize = layout.uniformNodeSize, nodes > 1 else {
      var plan = plan(.doubleBinaryTree, base: base, hop: figures.hop, share: figures.share, transport)
      plan.segmentByteCount = transport.chunkByteCount * layout.channelCount
      let hop = nodes > 1 ? hopBetween(transport) : hopWithin(figures.hop)
      let rate = nodes > 1 ? rateBetween(transport) : rateWithin(figures)
      let depth = Double(2 * size.binaryDepth)
      return Offer(plan: plan, time: base + depth * hop + 2 * Double(byteCount) / 1000 / rate)
    }
    let plan = plan(.nodeTree, base: base, hop: figures.hop, share: figures.share, transport)
    return nodeTree(
      plan, byteCount, nodeSize: nodeSize, hop: figures.hop, rate: rateWithin(figures), transport)
  }

  private func nodeTree(
    _ plan: CollectivePlan, _ byteCount: Int, nodeSize: Int, hop: Double, rate: Double, _ transport: NCCLProtocol
  ) -> Offer {
    var plan = plan
    let correction = NCCLConstants.treeCorrection(transport, byteCount: byteCount)
    plan.nodeSize = nodeSize
    plan.wireByteFactor /= correction
    plan.partCount = max(1, min(8, byteCount >> 20))
    let part = Double(byteCount) / 1000 / Double(plan.partCount)
    let between = nodes.exchangesBetweenNodes
    let walk = NodeTreeWalk(
      parts: plan.partCount, exchangesWithin: nodeSize - 1,
      within: MessageTime(latency: hopWithin(hop), transfer: part / Double(nodeSize) / rate),
      between: MessageTime(latency: hopBetween(transport), transfer: part / rateBetween(transport) / correction),
      sharesBetween: (0..<between).map(nodes.blocksBetweenNodes))
    return Offer(plan: plan, time: plan.baseLatency / .microseconds(1) + walk.time())
  }

  private func inSwitch(_ byteCount: Int) -> Offer? {
    guard size > 2, let figures = NCCLFigures.inSwitch(layout) else { return nil }
    let base = figures.base(byteCount: byteCount)
    let moved = (1 + 1 / Double(size)) * Double(byteCount) / 1000
    let plan = plan(
      .inSwitch, base: base, hop: 0, share: figures.share / inSwitchFactor(size), .simple)
    return Offer(plan: plan, time: base + 2 * hopWithin(0) + moved / rateWithin(figures))
  }

  private func inSwitchTree(_ byteCount: Int) -> Offer? {
    guard let nodeSize = layout.uniformNodeSize, nodeSize > 2, let figures = NCCLFigures.inSwitch(layout) else {
      return nil
    }
    let factor = inSwitchFactor(nodeSize)
    let plan = plan(
      .inSwitchTree, base: figures.base(byteCount: byteCount), hop: 0, share: figures.share / factor, .simple)
    return nodeTree(
      plan, byteCount, nodeSize: nodeSize, hop: 0, rate: rateWithin(figures) / factor, .simple)
  }

  /// Bytes past a member where a switch reduces and multicasts, over those without.
  private func inSwitchFactor(_ members: Int) -> Double {
    let size = Double(members)
    return (1 + 1 / size) / (2 * (size - 1) / size)
  }

  private func direct(_ operation: CollectiveOperation, _ byteCount: Int) -> Offer {
    let block = Double(byteCount) / Double(size) / 1000
    let isSmall =
      protocols.contains(.lowLatency) && byteCount / max(1, size) <= NCCLFigures.largestSmallMessage
    let figures = isSmall ? NCCLFigures.smallDirect(layout) : NCCLFigures.direct(layout)
    let others = Double(size - 1)
    let rate = rateWithin(figures)
    var base = figures.base(byteCount: byteCount) + figures.hop * others
    if isSmall, layout.nodeFabric != .pci { base += block / NCCLFigures.smallDirectRate(layout) }
    if rate > 0 { base += figures.own * block / rate }
    let transport = isSmall ? NCCLProtocol.lowLatency : .simple
    // A small message's one channel is slower than its link, of which it takes no more than its bytes.
    let plan = plan(
      .flat, base: base, hop: 0, share: isSmall && layout.nodeFabric != .pci ? 1 : figures.share, transport)
    let moved = others * block
    guard nodes > 1 else {
      let link = isSmall && layout.nodeFabric != .pci ? Self.withinLineRate(layout) : rate
      return Offer(plan: plan, time: base + hopWithin(0) + moved / link)
    }
    // All members of a node share its cards.
    let crossing = Double(membersOfMachine) * block * Double(size - membersOfMachine)
    return Offer(plan: plan, time: base + hopBetween(transport) + crossing / rateBetween(transport))
  }

  private var barrier: Offer {
    let transport = protocols.contains(.lowLatency) ? NCCLProtocol.lowLatency : .simple
    let figures = NCCLFigures.ring(.allReduce, transport, layout)
    let plan = plan(.dissemination, base: figures.base, hop: figures.hop, share: figures.share, transport)
    let hop = nodes > 1 ? hopBetween(transport) : hopWithin(figures.hop)
    return Offer(plan: plan, time: figures.base + Double(size.binaryDepth) * hop)
  }
}

extension Int {
  /// Share of a node's data that it exchanges at one step of reducing between so many nodes.
  fileprivate func blocksBetweenNodes(_ step: Int) -> Double {
    exchangesBetweenNodes == binaryDepth && self == 1 << binaryDepth ? 1 / Double(2 << step) : 1 / Double(self)
  }
}

extension CollectiveShape {
  /// Bytes of the whole buffer, or of all members' blocks; of one member's, where each has one for each other member.
  fileprivate var totalByteCount: Int {
    switch (blocks, operation) {
    case (.equal(let byteCount), .allReduce), (.equal(let byteCount), .reduce), (.equal(let byteCount), .broadcast):
      byteCount
    case (.equal(let byteCount), .allToAll): byteCount * size
    case (.matrix(let sizes), .allToAll): sizes.reduce(0, +) / max(1, size)
    default: memberBlocks.prefix(size)
    }
  }
}
