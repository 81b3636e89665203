import Communication
import Network
import SimulationKernel
import TestSupport
import Testing

@testable import Simulation

@Suite("Failures, outages and cancellations")
struct FaultTests {
  @Test("come out the same with collectives timed at once and message by message", arguments: 0..<20)
  func quickAndSlowAgree(block: Int) throws {
    var shortcuts = 0
    var takeovers = 0
    var failures = 0
    for seed in Mutations.seeds(ofBlock: block, each: 100) {
      let program = try FaultyProgram(seed: seed)

      let (slow, _, _) = program.run(usesShortcut: false)
      let (quick, taken, overtaken) = program.run(usesShortcut: true)

      for rank in 0..<program.ranks {
        #expect(
          slow.entries[rank].map(\.text) == quick.entries[rank].map(\.text), "seed \(seed), rank \(rank)")
        for (left, right) in zip(slow.entries[rank], quick.entries[rank]) {
          #expect(
            abs(left.time - right.time) <= max(64, Int64(1e-9 * Double(left.time))),
            "seed \(seed), rank \(rank), step \(left.step): \(left.time), \(right.time)")
        }
      }
      #expect(slow.failure == quick.failure, "seed \(seed)")
      #expect(slow.sent == quick.sent && slow.received == quick.received, "seed \(seed)")
      #expect(slow.messages == quick.messages, "seed \(seed)")
      shortcuts += taken
      takeovers += overtaken
      failures += slow.entries.flatMap(\.self).count { $0.text.contains("stopped working") }
    }
    #expect(shortcuts > 50 && takeovers > 0, "the shortcut must have been taken often for this test to mean anything")
    #expect(failures > 20, "failures must have been met often")
  }

  @Test("come out the same twice", arguments: 0..<4)
  func deterministic(block: Int) throws {
    for seed in Mutations.seeds(ofBlock: block, each: 25) {
      let program = try FaultyProgram(seed: seed)
      let outcomes = (0..<2).map { _ in program.run(usesShortcut: true).outcome }
      #expect(outcomes[0].entries.map { $0.map(\.time) } == outcomes[1].entries.map { $0.map(\.time) }, "seed \(seed)")
      #expect(outcomes[0].entries.map { $0.map(\.text) } == outcomes[1].entries.map { $0.map(\.text) }, "seed \(seed)")
      #expect(outcomes[0].failure == outcomes[1].failure, "seed \(seed)")
    }
  }
}
