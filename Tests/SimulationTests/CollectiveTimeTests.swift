import Communication
import Network
import SimulationKernel
import Testing

@testable import Simulation

/// On equal full-duplex links collectives take the textbook's times, with `alpha` the latency and `bandwidth` the bytes
/// per second of a path (Thakur, Rabenseifner and Gropp 2005, section 3).
@Suite("Collectives on a switch")
struct CollectiveTimeTests {
  struct Case: CustomStringConvertible {
    let ranks: Int
    /// Bytes for each rank.
    let block: Int
    let alpha: Duration
    let bandwidth: Double
    let isQuick: Bool

    var seconds: Double { Double(alpha.picoseconds) * 1e-12 }
    var description: String { "\(ranks) ranks, \(block) B, \(alpha), \(bandwidth) B/s\(isQuick ? ", at once" : "")" }
  }

  static let cases = [2, 3, 4, 5, 6, 7, 8, 9, 16, 64].flatMap { ranks in
    [
      (64, Duration.microseconds(10), 1.25e9), (1, .milliseconds(3), 1e6), (4096, .zero, 1e7),
      (1_000_000, .nanoseconds(500), 9e11),
    ].flatMap { block, alpha, bandwidth in
      [false, true].map { Case(ranks: ranks, block: block, alpha: alpha, bandwidth: bandwidth, isQuick: $0) }
    }
  }

  /// The time at which the last rank has ended.
  private func time(
    _ test: Case, _ body: @escaping @Sendable (any Communicator) async throws -> Void
  ) throws -> Double {
    let world = try SimulatedWorld.onSwitch(ranks: test.ranks, alpha: test.alpha, bytesPerSecond: test.bandwidth)
    world.usesMemoisedTiming = test.isQuick
    try world.run { _, communicator in try await body(communicator) }
    return world.engine.endTime.seconds
  }

  private func expect(_ time: Double, _ expected: Double, steps: Int, _ test: Case) {
    #expect(abs(time - expected) <= 1e-9 * expected + 1e-12 * Double(steps), "\(test): \(time), expected \(expected)")
  }

  @Test("ring all-reduce: 2 (P - 1) (alpha + S / (P B))", arguments: cases)
  func ringAllReduce(_ test: Case) throws {
    let steps = 2 * (test.ranks - 1)
    let measured = try time(test) { _ = try await $0.allReduce(Size(byteCount: test.ranks * test.block)) }
    expect(measured, Double(steps) * (test.seconds + Double(test.block) / test.bandwidth), steps: steps, test)
  }

  @Test("ring all-gather and reduce-scatter: (P - 1) (alpha + S / B)", arguments: cases)
  func ringHalves(_ test: Case) throws {
    let steps = test.ranks - 1
    let expected = Double(steps) * (test.seconds + Double(test.block) / test.bandwidth)
    let gather = try time(test) { _ = try await $0.allGather(Size(byteCount: test.block)) }
    expect(gather, expected, steps: steps, test)
    let scatter = try time(test) { _ = try await $0.reduceScatter(Size(byteCount: test.ranks * test.block)) }
    expect(scatter, expected, steps: steps, test)
  }

  @Test(
    "binomial broadcast and reduce among a power of two: log2 P (alpha + S / B)",
    arguments: cases.filter { $0.ranks.nonzeroBitCount == 1 })
  func binomialTree(_ test: Case) throws {
    let steps = test.ranks.trailingZeroBitCount
    let expected = Double(steps) * (test.seconds + Double(test.block) / test.bandwidth)
    let root = test.ranks / 3
    let broadcast = try time(test) { _ = try await $0.broadcast(Size(byteCount: test.block), root: root) }
    expect(broadcast, expected, steps: steps, test)
    let reduce = try time(test) { _ = try await $0.reduce(Size(byteCount: test.block), root: root) }
    expect(reduce, expected, steps: steps, test)
  }

  @Test("dissemination barrier: ceil(log2 P) alpha", arguments: cases)
  func barrier(_ test: Case) throws {
    let steps = Int.bitWidth - (test.ranks - 1).leadingZeroBitCount
    expect(try time(test) { try await $0.barrier() }, Double(steps) * test.seconds, steps: steps, test)
  }

  @Test("empty messages are not sent, so nothing takes no time", arguments: [false, true])
  func nothing(isQuick: Bool) throws {
    let test = Case(ranks: 5, block: 0, alpha: .milliseconds(1), bandwidth: 1e6, isQuick: isQuick)
    let measured = try time(test) {
      _ = try await $0.allReduce(Size(byteCount: 0))
      _ = try await $0.broadcast(Size(byteCount: 0), root: 3)
    }
    #expect(measured == 0)
  }

  @Test("a member that comes late delays the ring by as much")
  func lateMember() throws {
    let world = try SimulatedWorld.onSwitch(ranks: 4)
    try world.run { process, communicator in
      if process.id == 2 { process.compute(for: .seconds(1)) }
      try await communicator.barrier()
    }
    #expect(world.engine.endTime == VirtualTime(seconds: 1.004))
  }

  @Test("a ring on a switch never needs the solver")
  func noSolving() throws {
    let world = try SimulatedWorld.onSwitch(ranks: 16)
    try world.run { _, communicator in
      for _ in 0..<3 { _ = try await communicator.allReduce(Size(byteCount: 160_000)) }
    }
    #expect(world.network.statistics.messages == 3 * 16 * 30)
    #expect(world.network.statistics.solves == 0)
    #expect(world.network.statistics.flowsSolved == 0)
  }
}
