import Communication
import Testing

/// Every algorithm computes what its operation promises, whatever the order in which members and messages move.
@Suite struct CollectiveCorrectnessTests {
  struct Case: CustomStringConvertible {
    let operation: CollectiveOperation
    let algorithm: CollectiveAlgorithm
    var description: String { "\(operation.rawValue) by \(algorithm.rawValue)" }
  }

  static let cases = CollectiveOperation.allCases.flatMap { operation in
    operation.algorithms.map { Case(operation: operation, algorithm: $0) }
  }

  @Test("members end with what the operation promises", arguments: cases)
  func membersEndWithWhatTheOperationPromises(_ test: Case) throws {
    for size in Array(1...17) + [32, 64] {
      var random = SeededGenerator(seed: UInt64(size))
      for _ in 0..<(size > 17 ? 1 : size > 9 ? 2 : 4) {
        let shape = Self.shape(test.operation, size: size, random: &random)
        let plan = Self.plan(test.algorithm, size: size, random: &random)
        for delivery in SymbolicCluster.Delivery.allCases {
          let seed = random.next()
          let comment = Comment(rawValue: "\(shape), \(plan), \(delivery), seed \(seed)")
          do {
            var cluster = try SymbolicCluster(shape: shape, plan: plan, delivery: delivery, seed: seed)
            try cluster.run()
          } catch CollectiveError.needsEqualBlocks {
            #expect(!Self.isEqual(shape.blocks), comment)
          } catch {
            Issue.record(error, comment)
            return
          }
        }
      }
    }
  }

  private static func isEqual(_ blocks: BlockSizes) -> Bool {
    if case .equal = blocks { true } else { false }
  }

  /// Sizes from nothing to a few elements a member, equal or not.
  static func shape(
    _ operation: CollectiveOperation, size: Int, random: inout SeededGenerator
  ) -> CollectiveShape {
    let element = [1, 2, 4].randomElement(using: &random) ?? 1
    let blocks: BlockSizes
    switch operation {
    case .barrier: blocks = .equal(0)
    case .allReduce, .reduce, .broadcast:
      blocks = .equal(element * Int.random(in: 0...(4 * size), using: &random))
    case .allToAll where Bool.random(using: &random):
      blocks = .matrix((0..<(size * size)).map { _ in element * Int.random(in: 0...2, using: &random) })
    case .allToAll: blocks = .equal(element * Int.random(in: 0...2, using: &random))
    case .allGather, .reduceScatter, .gather, .scatter:
      blocks =
        Bool.random(using: &random)
        ? .uneven((0..<size).map { _ in element * Int.random(in: 0...5, using: &random) })
        : .equal(element * Int.random(in: 0...5, using: &random))
    }
    let hasRoot = [.reduce, .broadcast, .gather, .scatter].contains(operation)
    return CollectiveShape(
      operation: operation, size: size, root: hasRoot ? Int.random(in: 0..<size, using: &random) : 0,
      elementByteCount: element, blocks: blocks)
  }

  private static func plan(
    _ algorithm: CollectiveAlgorithm, size: Int, random: inout SeededGenerator
  ) -> CollectivePlan {
    let divisors = (1...size).filter { size % $0 == 0 }
    var plan = CollectivePlan(
      algorithm: algorithm, segmentByteCount: Int.random(in: 1...16, using: &random) * (size > 17 ? 8 : 1),
      nodeSize: divisors.randomElement(using: &random) ?? 1, waitsForSends: Bool.random(using: &random),
      copiesBuffers: Bool.random(using: &random))
    plan.partCount = Int.random(in: 1...4, using: &random)
    let rings: [RingChannels] = [
      .single, RingChannels(count: 3, order: .ranks),
      .rotated(cards: Int.random(in: 1...8, using: &random), nodeSize: plan.nodeSize),
      .edgeDisjoint(size: size),
    ]
    plan.rings = rings.randomElement(using: &random) ?? .single
    return plan
  }
}
