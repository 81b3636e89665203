/// NCCL's estimate of a collective's time: latency(algorithm, protocol) + bytes / bandwidth(algorithm, protocol).
///
/// Ring latency: base + (steps - inter) hop within the node + inter x hop over the network, where an all-reduce has
/// steps = 2 (n - 1), all-gather and reduce-scatter n - 1, broadcast and reduce n, and inter counts the same over
/// nodes. Tree latency (all-reduce only): base + 2 ((members / nodes - 1) hop within + log2(nodes) hop over the
/// network).
/// Source: NCCL 2.28, `src/graph/tuning.cc` (`ncclTopoTuneModel`, `ncclTopoGetAlgoTime`).
public struct NCCLCostModel: Sendable {
  /// One way to do a collective, with what it is expected to take.
  struct Choice: Sendable {
    let algorithm: NCCLAlgorithm
    let transport: NCCLProtocol
    /// Microseconds.
    let hopLatency: Double
    let hopCount: Int
    let time: Double
  }

  let layout: GroupLayout
  private let size: Int
  private let nodes: Int

  /// The model of a group laid out like this.
  public init(layout: GroupLayout) {
    self.layout = layout
    size = layout.nodeOfMember.count
    nodes = layout.nodeCount
  }

  /// The expected time of an operation on `byteCount` bytes in all, by the algorithm and protocol that NCCL takes.
  ///
  /// - Parameter byteCount: what each member ends or begins with: the buffer of an all-reduce, reduce or broadcast, all
  ///   blocks of an all-gather or reduce-scatter.
  public func time(of operation: CollectiveOperation, byteCount: Int) -> Duration {
    .microseconds(best(operation, byteCount: byteCount).time)
  }

  /// The cheapest of ring and tree (all-reduce only) over the protocols.
  func best(_ operation: CollectiveOperation, byteCount: Int) -> Choice {
    var best = choice(.ring, .simple, operation, byteCount)
    for algorithm in NCCLAlgorithm.allCases where algorithm == .ring || operation == .allReduce {
      for transport in NCCLProtocol.allCases where isEnabled(transport) {
        let candidate = choice(algorithm, transport, operation, byteCount)
        if candidate.time < best.time { best = candidate }
      }
    }
    return best
  }

  /// LL128 needs stores of 128 bytes that stay together, which NVLink gives.
  private func isEnabled(_ transport: NCCLProtocol) -> Bool {
    transport != .lowLatency128 || layout.nodeFabric == .nvlink
  }

  private func choice(
    _ algorithm: NCCLAlgorithm, _ transport: NCCLProtocol, _ operation: CollectiveOperation, _ byteCount: Int
  ) -> Choice {
    let steps = operation.ringSteps(size)
    let hops = algorithm == .ring ? steps : 2 * size.binaryDepth
    var latency = NCCLConstants.baseLatency(algorithm)[transport]
    let onTheWay =
      algorithm == .ring ? ringLatency(transport, operation) : treeLatency(transport)
    latency += onTheWay
    var bandwidth =
      busBandwidth(algorithm, transport) * (algorithm == .ring ? Double(size) / Double(max(1, steps)) : 0.5)
    if algorithm == .tree, byteCount >= 64 {
      let correction = NCCLConstants.treeCorrection(transport)
      let magnitude = Int.bitWidth - 1 - (byteCount >> 6).leadingZeroBitCount
      if magnitude < correction.count { bandwidth *= correction[magnitude] }
    }
    let perChannel = byteCount / (layout.channelCount * size)
    if algorithm == .ring, transport == .simple, nodes > 1, operation == .allReduce, perChannel >= 64 {
      // Rings over several nodes reach a plateau.
      latency *= layout.generation == .volta ? 1.9 : 1.4
    }
    return Choice(
      algorithm: algorithm, transport: transport, hopLatency: onTheWay / Double(max(1, hops)), hopCount: hops,
      time: latency + Double(byteCount) / (1000 * bandwidth))
  }

  private var fabric: NCCLConstants.Hardware { layout.nodeFabric == .nvlink ? .nvlink : .pci }

  private func ringLatency(_ transport: NCCLProtocol, _ operation: CollectiveOperation) -> Double {
    let steps = operation.ringSteps(size)
    let within = NCCLConstants.hopLatency(fabric, .ring)[transport]
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
    let within = NCCLConstants.hopLatency(fabric, .tree)[transport]
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
    let within = layout.withinNode.bytesPerSecond
    let between = layout.betweenNodes.bytesPerSecond
    let links = (nodes == 1 ? within : nodes == size ? between : min(within, between)) / 1e9
    switch (algorithm, transport) {
    case (.ring, .lowLatency): return min(lowLatency, links * 0.5)
    case (.ring, .lowLatency128): return min(links * 0.92, channels * limits.ringLowLatency128PerChannel[scale])
    case (.ring, .simple): return links
    case (.tree, _):
      let tree = min(links * 0.92, channels * limits.treePerChannel[scale])
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

extension CollectiveOperation {
  /// Steps of a ring of `size` members.
  fileprivate func ringSteps(_ size: Int) -> Int {
    switch self {
    case .allReduce: 2 * (size - 1)
    case .allGather, .reduceScatter: size - 1
    case .reduce, .broadcast, .gather, .scatter, .allToAll, .barrier: size
    }
  }
}
