import SimulationKernel
import Testing

@testable import Simulation

@Suite("Rounds that have arrived")
struct RoundTrackerTests {
  @Test("agree with a set, whatever the order of arrival", arguments: 0..<8)
  func agreesWithSet(block: Int) {
    for seed in (block * 500)..<(block * 500 + 500) {
      var random = RandomStream(seed: UInt64(seed))
      let rounds = Self.order(&random)
      var tracker = RoundTracker()
      var reference: Set<Int32> = []
      let last = rounds.max() ?? 0
      for round in rounds {
        tracker.insert(round)
        reference.insert(round)
        let probes = [
          0, round, round + 1, max(0, round - 1), round + 63, round + 64, Int32.random(in: 0...last, using: &random),
        ]
        for probe in probes {
          #expect(tracker.contains(probe) == reference.contains(probe), "seed \(seed), round \(probe) after \(round)")
        }
      }
      let wrong = (0...(last + 130)).filter { tracker.contains($0) != reference.contains($0) }
      #expect(wrong.isEmpty, "seed \(seed)")
    }
  }

  /// Nearly in order, reversed, shuffled, or interleaved from far apart; not always complete.
  private static func order(_ random: inout RandomStream) -> [Int32] {
    let count = Int32.random(in: 1...[5, 70, 300].randomElement(using: &random)!, using: &random)
    let spread = Int32.random(in: 1...[2, 40, 400].randomElement(using: &random)!, using: &random)
    switch Int.random(in: 0..<4, using: &random) {
    case 0: return Array(0..<count)
    case 1: return (0..<count).reversed()
    case 2: return Array((0..<count).shuffled(using: &random).prefix(Int.random(in: 1...Int(count), using: &random)))
    default:
      let keyed = (0..<count).map { (key: $0 + Int32.random(in: 0...spread, using: &random), round: $0) }
      return keyed.sorted { ($0.key, $0.round) < ($1.key, $1.round) }.map(\.round)
    }
  }
}
