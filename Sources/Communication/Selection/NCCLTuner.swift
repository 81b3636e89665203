/// How NCCL chooses: it estimates latency(algorithm, protocol) + bytes / bandwidth(algorithm, protocol) and takes the least.
///
/// Ring latency: base + (steps - inter) hop within the node + inter x hop over the network, where an all-reduce has
/// steps = 2 (n - 1), all-gather and reduce-scatter n - 1, broadcast and reduce n, and inter counts the same over
/// nodes. Tree latency (all-reduce only): base + 2 ((members / nodes - 1) hop within + log2(nodes) hop over the
/// network).
/// Source: NCCL 2.28, `src/graph/tuning.cc` (`ncclTopoTuneModel`, `ncclTopoGetAlgoTime`). What a collective takes by the
/// way chosen is ``NCCLCostModel``'s: NCCL's estimate of large collectives is right to some 10%, of small ones to a half.
struct NCCLTuner: Sendable {
  /// One way to do a collective, with what NCCL expects it to take.
  struct Choice: Sendable {
    let algorithm: NCCLAlgorithm
    let transport: NCCLProtocol
    /// Microseconds.
    let time: Double
  }

  let layout: GroupLayout
  private let protocols: Set<NCCLProtocol>
  private let size: Int
  private let nodes: Int
  /// Gigabytes per second of payload past a member.
  private let within: Double
  private let between: Double

  /// - Parameters:
  ///   - within: gigabytes per second of payload that all paths carry past a member within its node.
  ///   - between: the same over all of a node's cards.
  ///   - protocols: those that may be chosen.
  init(layout: GroupLayout, within: Double, between: Double, protocols: Set<NCCLProtocol>) {
    self.layout = layout
    self.protocols = protocols
    self.within = within
    self.between = between
    size = layout.nodeOfMember.count
    nodes = layout.machineCount
  }

  /// The cheapest of the algorithms (trees for all-reduce only) over the protocols.
  func best(_ operation: CollectiveOperation, byteCount: Int, among algorithms: [NCCLAlgorithm]) -> Choice {
    var best: Choice?
    for algorithm in algorithms where algorithm == .ring || operation == .allReduce {
      for transport in NCCLProtocol.allCases where isEnabled(transport) {
        let candidate = choice(algorithm, transport, operation, byteCount)
        if best.map({ candidate.time < $0.time }) ?? true { best = candidate }
      }
    }
    return best ?? choice(.ring, .simple, operation, byteCount)
  }

  /// NCCL turns LL128 on where stores of 128 bytes arrive whole: over NVLink, from Volta on.
  private func isEnabled(_ transport: NCCLProtocol) -> Bool {
    if !protocols.contains(transport) { return false }
    return transport != .lowLatency128 || layout.nodeFabric == .nvlink
  }

  private func choice(
    _ algorithm: NCCLAlgorithm, _ transport: NCCLProtocol, _ operation: CollectiveOperation, _ byteCount: Int
  ) -> Choice {
    let steps = operation.ringSteps(size)
    var latency = NCCLConstants.baseLatency(algorithm)[transport]
    latency += algorithm == .ring ? ringLatency(transport, operation) : treeLatency(transport)
    var bandwidth =
      busBandwidth(algorithm, transport) * (algorithm == .ring ? Double(size) / Double(max(1, steps)) : 0.5)
    if algorithm == .tree { bandwidth *= NCCLConstants.treeCorrection(transport, byteCount: byteCount) }
    let perChannel = byteCount / (layout.channelCount * size)
    if algorithm == .ring, transport == .simple, nodes > 1, operation == .allReduce, perChannel >= 64 {
      // Rings over several nodes reach a plateau.
      latency *= layout.generation == .volta ? 1.9 : 1.4
    }
    return Choice(algorithm: algorithm, transport: transport, time: latency + Double(byteCount) / (1000 * bandwidth))
  }

  private var hardware: NCCLConstants.Hardware { layout.nodeFabric == .pci ? .pci : .nvlink }

  private func ringLatency(_ transport: NCCLProtocol, _ operation: CollectiveOperation) -> Double {
    let steps = operation.ringSteps(size)
    let within = NCCLConstants.hopLatency(hardware, .ring)[transport]
    if nodes == 1 { return Double(steps) * within }
    if operation == .broadcast || operation == .reduce {
      return Double(steps) * NCCLConstants.hopLatency(.network, transport == .simple ? .tree : .ring)[transport]
    }
    // With one member a node nothing hides the network's latency, and a tree's figure tells it.
    let between = NCCLConstants.hopLatency(.network, nodes == size ? .tree : .ring)[transport]
    let overhead = NCCLConstants.networkOverhead * (transport == .simple ? 3 : 1)
    let betweenSteps = operation.ringSteps(nodes)
    return Double(steps - betweenSteps) * max(within, overhead) + Double(betweenSteps) * between
  }

  private func treeLatency(_ transport: NCCLProtocol) -> Double {
    let within = NCCLConstants.hopLatency(hardware, .tree)[transport]
    let between = NCCLConstants.hopLatency(.network, .tree)[transport]
    let levels = Int.bitWidth - 1 - nodes.leadingZeroBitCount
    return 2 * (Double(size / nodes - 1) * within + Double(levels) * between)
  }

  /// Gigabytes per second that all channels together move past a member.
  private func busBandwidth(_ algorithm: NCCLAlgorithm, _ transport: NCCLProtocol) -> Double {
    let limits = NCCLConstants.limits(layout.generation)
    let scale = min(nodes, 3) - 1
    let lowLatency = nodes == 1 ? limits.lowLatency : NCCLConstants.lowLatencyBetweenNodes[scale - 1]
    let channels = Double(layout.channelCount)
    let links = nodes == 1 ? within : nodes == size ? between : min(within, between)
    switch (algorithm, transport) {
    case (.ring, .lowLatency): return min(lowLatency, links * 0.5)
    case (.ring, .lowLatency128): return min(links * 0.92, channels * limits.ringLowLatency128PerChannel[scale])
    case (.ring, .simple): return links
    case (.tree, _):
      // Between two nodes each link of a tree carries the data but once in each direction, whichever node is the root.
      let treeLinks = nodes == 2 && nodes < size ? min(within, 2 * between) : links
      let tree = min(treeLinks * 0.92, channels * limits.treePerChannel[scale])
      switch transport {
      case .lowLatency: return min(tree / 3.8, lowLatency)
      case .lowLatency128:
        let share = nodes == 1 ? 7.0 / 9 : 120.0 / 128
        return min(tree * share, channels * limits.treeLowLatency128PerChannel[scale])
      case .simple: return tree
      }
    }
  }
}

/// The two algorithms that NCCL weighs against each other by their estimates.
enum NCCLAlgorithm: CaseIterable, Sendable {
  case tree, ring
}

extension CollectiveOperation {
  /// Steps of a ring of `size` members.
  func ringSteps(_ size: Int) -> Int {
    switch self {
    case .allReduce: 2 * (size - 1)
    case .allGather, .reduceScatter: size - 1
    case .reduce, .broadcast, .gather, .scatter, .allToAll, .barrier: size
    }
  }
}
