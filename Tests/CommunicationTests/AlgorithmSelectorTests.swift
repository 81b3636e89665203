import Communication
import Testing

@Suite struct AlgorithmSelectorTests {
  private let link = GroupLayout.LinkFigures(bytesPerSecond: 1.25e8, latency: .microseconds(500))

  /// Two nodes or more of eight H100 with NVLink (450 GB/s) and eight 400 Gbps adapters.
  private func hopper(nodes: Int) -> GroupLayout {
    GroupLayout(
      nodeOfMember: (0..<(8 * nodes)).map { $0 / 8 },
      withinNode: .init(bytesPerSecond: 450e9, latency: .nanoseconds(500)),
      betweenNodes: .init(bytesPerSecond: 400e9, latency: .microseconds(2)))
  }

  private func plan(
    _ selector: AlgorithmSelector, _ operation: CollectiveOperation, _ byteCount: Int, _ layout: GroupLayout
  )
    throws -> CollectivePlan
  {
    try selector.plan(
      for: CollectiveShape(operation: operation, size: layout.nodeOfMember.count, blocks: .equal(byteCount)),
      layout: layout)
  }

  @Test(
    "gloo has one algorithm for each operation, whatever the size",
    arguments: [
      (CollectiveOperation.allReduce, CollectiveAlgorithm.segmentedRing), (.allGather, .segmentedRing),
      (.reduceScatter, .segmentedRing), (.reduce, .segmentedRing), (.broadcast, .binomialTree), (.gather, .flat),
      (.scatter, .flat), (.allToAll, .flat), (.barrier, .dissemination),
    ])
  func glooHasOneAlgorithmForEachOperationWhateverTheSize(
    operation: CollectiveOperation, algorithm: CollectiveAlgorithm
  ) throws {
    for byteCount in [0, 1, 1 << 30] where operation != .barrier || byteCount == 0 {
      let plan = try plan(.gloo, operation, byteCount, GroupLayout(separateNodes: 4, link: link))
      #expect(plan.algorithm == algorithm)
      #expect(plan.segmentByteCount == 1 << 20 && plan.wireByteFactor == 1 && plan.messageLatency == .zero)
      #expect(plan.copiesBuffers == (operation == .allGather || operation == .reduceScatter))
      #expect(plan.waitsForSends == (operation != .broadcast))
    }
  }

  @Test("every selector's plan is one that a machine can carry out")
  func everySelectorSPlanIsOneThatAMachineCanCarryOut() throws {
    for selector in [AlgorithmSelector.ideal, .gloo, .nccl, .ncclSimple, .custom] {
      for operation in CollectiveOperation.allCases {
        for layout in [GroupLayout(separateNodes: 5, link: link), hopper(nodes: 1), hopper(nodes: 3)] {
          let size = layout.nodeOfMember.count
          let shape = CollectiveShape(
            operation: operation, size: size, blocks: .equal(operation == .barrier ? 0 : 4096))
          let plan = try selector.plan(for: shape, layout: layout)
          #expect(throws: Never.self) { try CollectiveMachine(shape: shape, plan: plan, rank: 0) }
        }
      }
    }
  }

  @Test("ideal picks the textbook's algorithms")
  func idealPicksTheTextbookSAlgorithms() throws {
    let layout = GroupLayout(separateNodes: 4, link: link)
    let expected: [CollectiveOperation: CollectiveAlgorithm] = [
      .allReduce: .ring, .allGather: .ring, .reduceScatter: .ring, .broadcast: .binomialTree, .reduce: .binomialTree,
      .gather: .flat, .scatter: .flat, .allToAll: .pairwise, .barrier: .dissemination,
    ]
    for (operation, algorithm) in expected {
      #expect(try plan(.ideal, operation, 0, layout) == CollectivePlan(algorithm: algorithm))
    }
  }

  @Test("nccl goes from trees in LL over LL128 to rings in Simple as sizes grow")
  func ncclGoesFromTreesInLLOverLL128ToRingsInSimpleAsSizesGrow() throws {
    let layout = hopper(nodes: 4)
    let small = try plan(.nccl, .allReduce, 1 << 10, layout)
    #expect(small.algorithm == .nodeTree && (2...2.4).contains(small.wireByteFactor))
    let medium = try plan(.nccl, .allReduce, 4 << 20, layout)
    #expect((128.0 / 120 / 0.94...1.5).contains(medium.wireByteFactor))
    let large = try plan(.nccl, .allReduce, 4 << 30, layout)
    #expect(large.algorithm == .ring && large.wireByteFactor == 1 / 0.94)
  }

  @Test("nccl's figures are those of its model")
  func ncclSFiguresAreThoseOfItsModel() throws {
    // Two members in one node over NVLink, 32 KiB: ring in LL takes 4.45 + 1.23 us, two hops of 0.833 us, and 2.7 times the
    // time of half of the bytes at 42.6% of the line rate. The path's 500 ns are part of a hop.
    var layout = hopper(nodes: 1)
    layout.nodeOfMember = [0, 0]
    let plan = try plan(.nccl, .allReduce, 32 << 10, layout)
    #expect(plan.algorithm == .ring && plan.wireByteFactor == 1 / 0.426)
    #expect(plan.messageLatency == .microseconds(0.833 - 0.5))
    let expected = 4.45 + 1.23 + 2 * 0.833 + 2.7 * Double(16 << 10) / (450e3 * 0.426)
    let found = NCCLCostModel(layout: layout).time(of: .allReduce, byteCount: 32 << 10) / .microseconds(1)
    #expect(abs(found - expected) < 0.001, "\(found), \(expected)")
  }

  @Test("nccl's time grows with the size")
  func ncclSTimeGrowsWithTheSize() {
    for nodes in [1, 2, 4] {
      let model = NCCLCostModel(layout: hopper(nodes: nodes))
      let times = (6...32).map { model.time(of: .allReduce, byteCount: 1 << $0) }
      #expect(zip(times, times.dropFirst()).allSatisfy { $0 <= $1 }, "\(nodes) nodes: \(times)")
    }
  }

  @Test("nccl sends and receives where it has no collective of its own")
  func ncclSendsAndReceivesWhereItHasNoCollectiveOfItsOwn() throws {
    for operation in [CollectiveOperation.gather, .scatter, .allToAll] {
      #expect(try plan(.nccl, operation, 4096, hopper(nodes: 2)).algorithm == .flat)
    }
  }

  @Test("an override replaces the algorithm of the operations it names")
  func anOverrideReplacesTheAlgorithmOfTheOperationsItNames() throws {
    let selector = AlgorithmSelector.fixed([.allReduce: .recursiveDoubling, .allGather: .bruck], otherwise: .gloo)
    let layout = GroupLayout(separateNodes: 4, link: link)
    #expect(try plan(selector, .allReduce, 64, layout).algorithm == .recursiveDoubling)
    #expect(try plan(selector, .allGather, 64, layout).algorithm == .bruck)
    #expect(try plan(selector, .broadcast, 64, layout).algorithm == .binomialTree)
  }

  @Test("nccl reduces large buffers of a Hopper node in the switch, and those of an Ampere node in rings")
  func ncclReducesInTheSwitch() throws {
    var layout = hopper(nodes: 1)
    #expect(try plan(.nccl, .allReduce, 256 << 20, layout).algorithm == .inSwitch)
    #expect(try plan(.nccl, .allReduce, 64 << 10, layout).algorithm == .ring)
    layout.generation = .ampere
    #expect(try plan(.nccl, .allReduce, 256 << 20, layout).algorithm == .ring)
  }

  @Test("engines' own all-reduce is for small messages within a node")
  func custom() throws {
    let node = hopper(nodes: 1)
    #expect(try plan(.custom, .allReduce, 16 << 10, node).algorithm == .oneShot)
    #expect(try plan(.custom, .allReduce, 1 << 20, node).algorithm == .twoShot)
    #expect(try plan(.custom, .allReduce, 16 << 20, node) == plan(.nccl, .allReduce, 16 << 20, node))
    #expect(try plan(.custom, .allGather, 4096, node) == plan(.nccl, .allGather, 4096, node))
    let two = hopper(nodes: 2)
    #expect(try plan(.custom, .allReduce, 4096, two) == plan(.nccl, .allReduce, 4096, two))
    let fixed = AlgorithmSelector.fixed([.allReduce: .twoShot], otherwise: .nccl)
    #expect(try plan(fixed, .allReduce, 4096, node).algorithm == .twoShot)
  }

  @Test("an algorithm that is fixed takes the library's figures for it")
  func fixedAlgorithmsHaveTheirFigures() throws {
    let selector = AlgorithmSelector.fixed([.allReduce: .ring], otherwise: .nccl)
    let layout = hopper(nodes: 1)
    #expect(try plan(.nccl, .allReduce, 256 << 20, layout).algorithm == .inSwitch)
    #expect(try plan(selector, .allReduce, 256 << 20, layout).wireByteFactor == 1 / 0.846)
    let tree = AlgorithmSelector.fixed([.allReduce: .inSwitchTree], otherwise: .nccl)
    #expect(try plan(tree, .allReduce, 256 << 20, hopper(nodes: 2)).nodeSize == 8)
  }

  @Test("a hierarchical override takes the node size from the layout")
  func aHierarchicalOverrideTakesTheNodeSizeFromTheLayout() throws {
    let selector = AlgorithmSelector.fixed([.allReduce: .hierarchical], otherwise: .ideal)
    #expect(try plan(selector, .allReduce, 64, hopper(nodes: 2)).nodeSize == 8)
    var scattered = hopper(nodes: 2)
    scattered.nodeOfMember.swapAt(0, 15)
    #expect(throws: CollectiveError.self) { try plan(selector, .allReduce, 64, scattered) }
  }

  @Test("an override by an algorithm that does not perform the operation is refused")
  func anOverrideByAnAlgorithmThatDoesNotPerformTheOperationIsRefused() {
    let selector = AlgorithmSelector.fixed([.barrier: .ring], otherwise: .ideal)
    let error = #expect(throws: CollectiveError.self) { try plan(selector, .barrier, 0, hopper(nodes: 2)) }
    #expect(error?.description == "algorithm ring does not perform barrier; use one of dissemination")
  }

  @Test("selectors have names")
  func selectorsHaveNames() {
    #expect(
      AlgorithmSelector.names.map(AlgorithmSelector.init(named:)) == [.ideal, .gloo, .nccl, .ncclSimple, .custom])
    #expect(AlgorithmSelector(named: "glo") == nil)
  }
}
