extension NCCLCostModel {
  /// How NCCL does a collective.
  ///
  /// All-to-all, gather and scatter are grouped sends and receives in the simple protocol. PyTorch's barrier is an
  /// all-reduce of one element, whose messages here are a dissemination's with the low-latency protocol's figures.
  func plan(for shape: CollectiveShape) -> CollectivePlan {
    switch shape.operation {
    case .allReduce, .allGather, .reduceScatter, .reduce, .broadcast:
      let byteCount = shape.totalByteCount
      let best = best(shape.operation, byteCount: byteCount)
      let algorithm: CollectiveAlgorithm = best.algorithm == .ring ? .ring : .doubleBinaryTree
      return plan(
        algorithm, best.transport, best.algorithm, hop: best.hopLatency,
        segmentByteCount: segmentByteCount(best, byteCount: byteCount))
    case .gather, .scatter, .allToAll: return plan(.flat, .simple, .ring, hop: directHop(.simple))
    case .barrier: return plan(.dissemination, .lowLatency, .ring, hop: directHop(.lowLatency))
    }
  }

  private func plan(
    _ algorithm: CollectiveAlgorithm, _ transport: NCCLProtocol, _ modelled: NCCLAlgorithm, hop: Double,
    segmentByteCount: Int = CollectivePlan.defaultSegmentByteCount
  ) -> CollectivePlan {
    // NCCL's figures are measured end to end, so the link's own latency is part of them.
    let link = layout.nodeCount == 1 ? layout.withinNode.latency : layout.betweenNodes.latency
    return CollectivePlan(
      algorithm: algorithm, segmentByteCount: segmentByteCount, messageLatency: max(.zero, .microseconds(hop) - link),
      baseLatency: .microseconds(NCCLConstants.baseLatency(modelled)[transport]),
      wireByteFactor: transport.wireByteFactor)
  }

  private func directHop(_ transport: NCCLProtocol) -> Double {
    let hardware: NCCLConstants.Hardware =
      layout.nodeCount > 1 ? .network : layout.nodeFabric == .nvlink ? .nvlink : .pci
    return NCCLConstants.hopLatency(hardware, .ring)[transport]
  }

  /// What all channels together pass on at a time. A tree's chunks shrink until there are enough for its depth
  /// (NCCL, `src/enqueue.cc`).
  private func segmentByteCount(_ choice: Choice, byteCount: Int) -> Int {
    var chunk = choice.transport.chunkByteCount
    if choice.algorithm == .tree, choice.transport == .simple {
      let depth = choice.hopCount / 2
      for (factor, smallest) in [(8, 128 << 10), (4, 64 << 10), (1, 32 << 10)] {
        while byteCount / (layout.channelCount * chunk) < depth * factor, chunk > smallest { chunk /= 2 }
      }
    }
    return chunk * layout.channelCount
  }
}

extension CollectiveShape {
  /// Bytes of the whole buffer, or of all members' blocks.
  fileprivate var totalByteCount: Int {
    switch (blocks, operation) {
    case (.equal(let byteCount), .allReduce), (.equal(let byteCount), .reduce), (.equal(let byteCount), .broadcast):
      byteCount
    default: memberBlocks.prefix(size)
    }
  }
}
