import Communication
import Testing

/// On equal full-duplex links the algorithms take what their documentation says.
@Suite struct ClosedFormTests {
  private let latency = 1e-3
  private let bandwidth = 1e6

  private func time(
    _ operation: CollectiveOperation, _ algorithm: CollectiveAlgorithm, _ size: Int, _ byteCount: Int,
    segment: Int = CollectivePlan.defaultSegmentByteCount, nodeSize: Int = 1
  ) throws -> Double {
    let shape = CollectiveShape(operation: operation, size: size, blocks: .equal(byteCount))
    let plan = CollectivePlan(algorithm: algorithm, segmentByteCount: segment, nodeSize: nodeSize)
    var cluster = try TimedCluster(shape: shape, plan: plan, latency: latency, bytesPerSecond: bandwidth)
    return cluster.run()
  }

  private func isClose(_ left: Double, _ right: Double) -> Bool { abs(left - right) <= 1e-9 * max(left, right) }

  @Test("rings", arguments: [2, 3, 4, 7, 16, 33])
  func rings(size: Int) throws {
    let block = 1000
    let step = latency + Double(block) / bandwidth
    #expect(isClose(try time(.allReduce, .ring, size, block * size), 2 * Double(size - 1) * step))
    #expect(isClose(try time(.allGather, .ring, size, block), Double(size - 1) * step))
    #expect(isClose(try time(.reduceScatter, .ring, size, block), Double(size - 1) * step))
    #expect(isClose(try time(.allToAll, .pairwise, size, block), Double(size - 1) * step))
  }

  @Test("chains", arguments: [2, 3, 4, 7, 16, 33])
  func chains(size: Int) throws {
    let segments = 10
    let expected = Double(size - 2 + segments) * (latency + 1000 / bandwidth)
    for operation in [CollectiveOperation.broadcast, .reduce] {
      let found = try time(operation, .ring, size, 1000 * segments, segment: 1000)
      // Segments follow each other without waiting for the latency, which is paid once a hop.
      let pipelined = Double(size - 1) * latency + Double(size - 2 + segments) * 1000 / bandwidth
      #expect(isClose(found, pipelined) && found <= expected)
    }
  }

  @Test("powers of two", arguments: [2, 4, 8, 16, 32])
  func powersOfTwo(size: Int) throws {
    let steps = Double(size.trailingZeroBitCount)
    let buffer = 32_000
    let whole = latency + Double(buffer) / bandwidth
    let scattered = Double(size - 1) / Double(size) * Double(buffer) / bandwidth
    #expect(isClose(try time(.broadcast, .binomialTree, size, buffer), steps * whole))
    #expect(isClose(try time(.reduce, .binomialTree, size, buffer), steps * whole))
    #expect(isClose(try time(.allReduce, .recursiveDoubling, size, buffer), steps * whole))
    #expect(
      isClose(try time(.allReduce, .recursiveHalvingDoubling, size, buffer), 2 * steps * latency + 2 * scattered))
    let gathered = steps * latency + Double(size - 1) * 1000 / bandwidth
    #expect(isClose(try time(.allGather, .recursiveDoubling, size, 1000), gathered))
    #expect(isClose(try time(.allGather, .bruck, size, 1000), gathered))
  }

  @Test("the dissemination barrier takes ceil(log2 N) latencies", arguments: [2, 3, 5, 8, 100])
  func theDisseminationBarrierTakesCeilLog2NLatencies(size: Int) throws {
    var steps = 0
    while 1 << steps < size { steps += 1 }
    #expect(isClose(try time(.barrier, .dissemination, size, 0), Double(steps) * latency))
  }

  @Test("the double binary tree reaches the full bandwidth with many segments", arguments: [2, 4, 8, 15, 16, 31])
  func theDoubleBinaryTreeReachesTheFullBandwidthWithManySegments(size: Int) throws {
    let buffer = 2_000_000
    var depth = 0
    while 1 << depth < size { depth += 1 }
    let oneWay = Double(depth) * latency + Double(buffer) / bandwidth
    for (operation, expected) in [(CollectiveOperation.broadcast, oneWay), (.reduce, oneWay), (.allReduce, 2 * oneWay)]
    {
      let found = try time(operation, .doubleBinaryTree, size, buffer, segment: 10_000)
      #expect(found < 1.06 * expected, "\(operation): \(found / expected)")
    }
  }

  @Test("two levels take the rings' steps of either level")
  func twoLevelsTakeTheRingsStepsOfEitherLevel() throws {
    let (nodes, members, block) = (4, 3, 1000)
    let within = latency + Double(nodes * block) / bandwidth
    let between = latency + Double(block) / bandwidth
    let expected = 2 * (Double(members - 1) * within + Double(nodes - 1) * between)
    let found = try time(.allReduce, .hierarchical, nodes * members, nodes * members * block, nodeSize: members)
    #expect(isClose(found, expected))
  }
}
