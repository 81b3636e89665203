import Communication
import Testing

/// The order of actions, the size of a machine, and the refusals.
@Suite struct CollectiveMachineTests {
  private func actions(_ shape: CollectiveShape, _ plan: CollectivePlan, rank: Int) throws -> [CollectiveAction] {
    var machine = try CollectiveMachine(shape: shape, plan: plan, rank: rank)
    var actions: [CollectiveAction] = []
    repeat { actions.append(machine.next()) } while actions.last != .finished
    return actions
  }

  @Test("a ring all-reduce posts, sends, awaits and reduces, then gathers")
  func aRingAllReducePostsSendsAwaitsAndReducesThenGathers() throws {
    let shape = CollectiveShape(operation: .allReduce, size: 2, elementByteCount: 4, blocks: .equal(12))
    let found = try actions(shape, CollectivePlan(algorithm: .ring), rank: 0)
    #expect(
      found == [
        .postReceive(peer: 1, byteCount: 8, round: 0), .send(peer: 1, byteCount: 4, round: 0),
        .awaitReceive(round: 0), .reduce(byteCount: 8),
        .postReceive(peer: 1, byteCount: 4, round: 1), .send(peer: 1, byteCount: 8, round: 1),
        .awaitReceive(round: 1), .awaitSends(count: 2), .finished,
      ])
  }

  @Test("gloo's all-gather sends before it posts, two in flight")
  func glooSAllGatherSendsBeforeItPostsTwoInFlight()
    throws
  {
    let shape = CollectiveShape(operation: .allGather, size: 3, blocks: .equal(6))
    let found = try actions(shape, CollectivePlan(algorithm: .segmentedRing, copiesBuffers: true), rank: 1)
    #expect(
      found.prefix(7) == [
        .copy(byteCount: 6),
        .send(peer: 2, byteCount: 3, round: 0), .postReceive(peer: 0, byteCount: 3, round: 0),
        .send(peer: 2, byteCount: 3, round: 1), .postReceive(peer: 0, byteCount: 3, round: 1),
        .awaitReceive(round: 0), .awaitSends(count: 1),
      ])
    #expect(found.suffix(3) == [.awaitSends(count: 4), .copy(byteCount: 18), .finished])
  }

  @Test("gloo's all-reduce reduces one segment while the next is in flight")
  func glooSAllReduceReducesOneSegmentWhileTheNextIsInFlight() throws {
    let shape = CollectiveShape(operation: .allReduce, size: 2, elementByteCount: 1, blocks: .equal(4))
    let found = try actions(shape, CollectivePlan(algorithm: .segmentedRing), rank: 0)
    #expect(
      found.prefix(10) == [
        .postReceive(peer: 1, byteCount: 1, round: 0), .send(peer: 1, byteCount: 1, round: 0),
        .postReceive(peer: 1, byteCount: 1, round: 1), .send(peer: 1, byteCount: 1, round: 1),
        .awaitReceive(round: 0), .reduce(byteCount: 1), .awaitSends(count: 1),
        .awaitReceive(round: 1), .reduce(byteCount: 1), .awaitSends(count: 2),
      ])
  }

  @Test("a parent in gloo's broadcast does not wait between its messages")
  func aParentInGlooSBroadcastDoesNotWaitBetweenItsMessages() throws {
    let shape = CollectiveShape(operation: .broadcast, size: 4, blocks: .equal(9))
    let gloo = CollectivePlan(algorithm: .binomialTree, waitsForSends: false)
    #expect(
      try actions(shape, gloo, rank: 0) == [
        .send(peer: 1, byteCount: 9, round: 0), .send(peer: 2, byteCount: 9, round: 1), .awaitSends(count: 2),
        .finished,
      ])
    #expect(try actions(shape, CollectivePlan(algorithm: .binomialTree), rank: 0).contains(.awaitSends(count: 1)))
  }

  @Test("finished stays finished")
  func finishedStaysFinished() throws {
    let shape = CollectiveShape(operation: .barrier, size: 1, blocks: .equal(0))
    var machine = try CollectiveMachine(shape: shape, plan: CollectivePlan(algorithm: .dissemination), rank: 0)
    for _ in 0..<3 { #expect(machine.next() == .finished) }
  }

  @Test("a machine takes at most 80 bytes")
  func aMachineTakesAtMost80Bytes() {
    #expect(MemoryLayout<CollectiveMachine>.stride <= 80)
  }

  @Test("an algorithm that does not perform the operation is refused with those that do")
  func anAlgorithmThatDoesNotPerformTheOperationIsRefusedWithThoseThatDo() {
    let shape = CollectiveShape(operation: .broadcast, size: 4, blocks: .equal(8))
    let error = #expect(throws: CollectiveError.self) {
      try CollectiveMachine(shape: shape, plan: CollectivePlan(algorithm: .bruck), rank: 0)
    }
    #expect(
      error?.description == "algorithm bruck does not perform broadcast; use one of ring, binomialTree, flat, "
        + "doubleBinaryTree, hierarchical")
  }

  @Test(
    "a shape that contradicts itself is refused",
    arguments: [
      (
        CollectiveShape(operation: .allGather, size: 3, blocks: .uneven([1, 2])),
        "allGather: 2 block sizes for 3 members"
      ),
      (
        CollectiveShape(operation: .allToAll, size: 2, blocks: .matrix([1, 2, 3])),
        "allToAll: 3 block sizes for 2 x 2 = 4 pairs of members"
      ),
      (
        CollectiveShape(operation: .allReduce, size: 2, elementByteCount: 4, blocks: .equal(10)),
        "allReduce: a block of 10 bytes is not a whole number of 4-byte elements"
      ),
      (
        CollectiveShape(operation: .broadcast, size: 2, root: 2, blocks: .equal(1)),
        "broadcast: root 2 is outside 0..<2"
      ),
      (
        CollectiveShape(operation: .allReduce, size: 2, blocks: .uneven([1, 1])),
        "allReduce: uneven blocks need all-gather, reduce-scatter, gather or scatter"
      ),
    ])
  func aShapeThatContradictsItselfIsRefused(shape: CollectiveShape, message: String) {
    let algorithm = shape.operation.algorithms[0]
    let error = #expect(throws: CollectiveError.self) {
      try CollectiveMachine(shape: shape, plan: CollectivePlan(algorithm: algorithm), rank: 0)
    }
    #expect(error?.description == message)
  }

  @Test("a node size that does not divide the group is refused with the equation")
  func aNodeSizeThatDoesNotDivideTheGroupIsRefusedWithTheEquation() {
    let shape = CollectiveShape(operation: .allReduce, size: 6, blocks: .equal(8))
    let error = #expect(throws: CollectiveError.self) {
      try CollectiveMachine(shape: shape, plan: CollectivePlan(algorithm: .hierarchical, nodeSize: 4), rank: 0)
    }
    #expect(error?.description.contains("members % members per node = 6 % 4 must be 0") == true)
  }

  @Test("segments too short for the buffer are refused")
  func segmentsTooShortForTheBufferAreRefused() {
    let shape = CollectiveShape(operation: .broadcast, size: 4, blocks: .equal(1 << 40))
    let error = #expect(throws: CollectiveError.self) {
      try CollectiveMachine(shape: shape, plan: CollectivePlan(algorithm: .ring, segmentByteCount: 1), rank: 0)
    }
    #expect(error?.description.hasSuffix("steps are more than 2147483647; allow longer segments") == true)
  }
}
