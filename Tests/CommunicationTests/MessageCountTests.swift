import Communication
import Testing

/// Messages and bytes equal the closed forms of the literature and of gloo's sources.
@Suite struct MessageCountTests {
  /// All members' messages and bytes together.
  private func statistics(
    _ operation: CollectiveOperation, _ algorithm: CollectiveAlgorithm, size: Int, blocks: BlockSizes, root: Int = 0,
    element: Int = 4, nodeSize: Int = 1, segment: Int = CollectivePlan.defaultSegmentByteCount
  ) throws -> SymbolicCluster.Statistics {
    let shape = CollectiveShape(
      operation: operation, size: size, root: root, elementByteCount: element, blocks: blocks)
    let plan = CollectivePlan(algorithm: algorithm, segmentByteCount: segment, nodeSize: nodeSize)
    var cluster = try SymbolicCluster(shape: shape, plan: plan, delivery: .rendezvous, seed: 7)
    try cluster.run()
    return cluster.statistics
  }

  @Test("a ring all-reduce moves 2(N-1) blocks of S/N a member", arguments: 2...12)
  func aRingAllReduceMoves2N1BlocksOfSNAMember(size: Int) throws {
    let blockByteCount = 12
    let found = try statistics(.allReduce, .ring, size: size, blocks: .equal(blockByteCount * size))
    #expect(found.messages == 2 * (size - 1) * size)
    #expect(found.messagesOfBusiestMember == 2 * (size - 1))
    #expect(found.bytes == 2 * (size - 1) * size * blockByteCount)
    #expect(found.reducedBytes == (size - 1) * size * blockByteCount)
  }

  @Test("all-gather and reduce-scatter on a ring move N-1 blocks a member", arguments: 2...12)
  func allGatherAndReduceScatterOnARingMoveN1BlocksAMember(size: Int) throws {
    for operation in [CollectiveOperation.allGather, .reduceScatter] {
      let found = try statistics(operation, .ring, size: size, blocks: .equal(8))
      #expect(found.messages == (size - 1) * size)
      #expect(found.bytes == (size - 1) * size * 8)
    }
  }

  @Test("gloo's all-reduce sends at least 4(N-1) messages a member", arguments: 2...12)
  func glooSAllReduceSendsAtLeast4N1MessagesAMember(size: Int) throws {
    let found = try statistics(.allReduce, .segmentedRing, size: size, blocks: .equal(2 * size * 4))
    #expect(found.messagesOfBusiestMember == 4 * (size - 1))
    #expect(found.messages == 4 * (size - 1) * size)
    #expect(found.bytes == 2 * (size - 1) * 8 * size)
  }

  @Test("gloo's all-reduce sends 2(K - K/N) segments where the limit cuts the buffer finer")
  func glooSAllReduceSends2KKNSegmentsWhereTheLimitCutsTheBufferFiner() throws {
    // 3 members, 96 bytes, at most 8 bytes a segment: K = 12 segments, 4 for each member.
    let found = try statistics(.allReduce, .segmentedRing, size: 3, blocks: .equal(96), segment: 8)
    #expect(found.messagesOfBusiestMember == 2 * (12 - 4))
    #expect(found.bytes == 3 * 2 * 8 * 8)
  }

  @Test("gloo's all-reduce leaves out empty segments")
  func glooSAllReduceLeavesOutEmptySegments() throws {
    // 5 elements over 4 members: K = 8 segments of one element, of which 3 are empty.
    let found = try statistics(.allReduce, .segmentedRing, size: 4, blocks: .equal(20))
    #expect(found.messages == 2 * (4 - 1) * 5)
    #expect(found.bytes == 2 * (4 - 1) * 20)
  }

  @Test("gloo's reduce passes on K - 2 segments, then the chunks go to the root")
  func glooSReducePassesOnK2SegmentsThenTheChunksGoToTheRoot() throws {
    let found = try statistics(.reduce, .segmentedRing, size: 3, blocks: .equal(96), root: 1, segment: 8)
    #expect(found.messages == 3 * (12 - 2) + 2)
    let small = try statistics(.reduce, .segmentedRing, size: 3, blocks: .equal(24), root: 1)
    #expect(small.messages == 3 * 2 * 2 + 2)
  }

  @Test("gloo's all-gather sends 2(N-1) halves a member, its uneven form N-1 blocks", arguments: 2...12)
  func glooSAllGatherSends2N1HalvesAMemberItsUnevenFormN1Blocks(size: Int) throws {
    let equal = try statistics(.allGather, .segmentedRing, size: size, blocks: .equal(10), element: 1)
    #expect(equal.messages == 2 * (size - 1) * size)
    #expect(equal.bytes == (size - 1) * size * 10)
    let uneven = try statistics(
      .allGather, .segmentedRing, size: size, blocks: .uneven((1...size).map { $0 }), element: 1)
    #expect(uneven.messages == (size - 1) * size)
    #expect(uneven.bytes == (size - 1) * size * (size + 1) / 2)
  }

  @Test("a binomial tree sends N-1 messages, at most ceil(log2 N) from one member", arguments: 2...17)
  func aBinomialTreeSendsN1MessagesAtMostCeilLog2NFromOneMember(size: Int) throws {
    let rounds = ceilLog2(size)
    let broadcast = try statistics(.broadcast, .binomialTree, size: size, blocks: .equal(8), root: size / 2)
    #expect(broadcast.messages == size - 1)
    #expect(broadcast.messagesOfBusiestMember == rounds)
    let reduce = try statistics(.reduce, .binomialTree, size: size, blocks: .equal(8), root: size / 2)
    #expect(reduce.messages == size - 1)
    #expect(reduce.reducedBytes == 8 * (size - 1))
  }

  @Test("logarithmic algorithms take ceil(log2 N) messages a member", arguments: 2...17)
  func logarithmicAlgorithmsTakeCeilLog2NMessagesAMember(size: Int) throws {
    let rounds = ceilLog2(size)
    let barrier = try statistics(.barrier, .dissemination, size: size, blocks: .equal(0))
    #expect(barrier.messages == rounds * size && barrier.bytes == 0)
    let allGather = try statistics(.allGather, .bruck, size: size, blocks: .equal(8))
    #expect(allGather.messages == rounds * size && allGather.bytes == (size - 1) * size * 8)
    let allToAll = try statistics(.allToAll, .bruck, size: size, blocks: .equal(8))
    let hops = (1..<size).reduce(0) { $0 + $1.nonzeroBitCount }
    #expect(allToAll.messages == rounds * size && allToAll.bytes == hops * size * 8)
  }

  @Test("recursive doubling and halving meet their closed forms for powers of two", arguments: [2, 4, 8, 16])
  func recursiveDoublingAndHalvingMeetTheirClosedFormsForPowersOfTwo(size: Int) throws {
    let rounds = ceilLog2(size)
    let doubling = try statistics(.allReduce, .recursiveDoubling, size: size, blocks: .equal(64))
    #expect(doubling.messagesOfBusiestMember == rounds && doubling.bytes == rounds * size * 64)
    let halving = try statistics(.allReduce, .recursiveHalvingDoubling, size: size, blocks: .equal(64))
    #expect(halving.messagesOfBusiestMember == 2 * rounds && halving.bytes == 2 * (size - 1) * 64)
    let scatter = try statistics(.reduceScatter, .recursiveHalvingDoubling, size: size, blocks: .equal(8))
    #expect(scatter.messagesOfBusiestMember == rounds && scatter.bytes == (size - 1) * size * 8)
  }

  @Test(
    "other sizes fold to a power of two for two more messages of each member that folds away",
    arguments: [3, 5, 6, 7, 12])
  func otherSizesFoldToAPowerOfTwoForTwoMoreMessagesOfEachMemberThatFoldsAway(size: Int) throws {
    let rounds = ceilLog2(size + 1) - 1
    let surplus = size - 1 << rounds
    let found = try statistics(.allReduce, .recursiveDoubling, size: size, blocks: .equal(64))
    #expect(found.messages == (1 << rounds) * rounds + 2 * surplus)
  }

  @Test("direct exchanges send one message to each other member", arguments: 2...9)
  func directExchangesSendOneMessageToEachOtherMember(size: Int) throws {
    for algorithm in [CollectiveAlgorithm.pairwise, .flat] {
      let found = try statistics(.allToAll, algorithm, size: size, blocks: .equal(8))
      #expect(found.messages == (size - 1) * size && found.bytes == (size - 1) * size * 8)
    }
    for operation in [CollectiveOperation.gather, .scatter, .broadcast, .reduce] {
      #expect(try statistics(operation, .flat, size: size, blocks: .equal(8)).messages == size - 1)
    }
  }

  @Test("the two trees carry the buffer N-1 times up and N-1 times down", arguments: 2...12)
  func theTwoTreesCarryTheBufferN1TimesUpAndN1TimesDown(size: Int) throws {
    let found = try statistics(.allReduce, .doubleBinaryTree, size: size, blocks: .equal(96), segment: 16)
    #expect(found.bytes == 2 * (size - 1) * 96)
    #expect(found.messages == 2 * (size - 1) * 6)
  }

  @Test("two levels keep all but 2(n-1)/N of the buffer off the fabric")
  func twoLevelsKeepAllBut2N1NOfTheBufferOffTheFabric() throws {
    // 4 nodes of 3 members, blocks of 8 bytes: 2 (3 - 1) messages of 4 blocks within, 2 (4 - 1) of one between.
    let found = try statistics(.allReduce, .hierarchical, size: 12, blocks: .equal(96), nodeSize: 3)
    #expect(found.messages == 12 * (4 + 6))
    #expect(found.bytes == 12 * (4 * 4 * 8 + 6 * 8))
  }

  @Test("a group of one sends nothing")
  func aGroupOfOneSendsNothing() throws {
    for operation in CollectiveOperation.allCases {
      for algorithm in operation.algorithms {
        let found = try statistics(operation, algorithm, size: 1, blocks: .equal(operation == .barrier ? 0 : 64))
        #expect(found == SymbolicCluster.Statistics(), "\(operation) by \(algorithm)")
      }
    }
  }

  private func ceilLog2(_ value: Int) -> Int {
    var steps = 0
    while 1 << steps < value { steps += 1 }
    return steps
  }
}
