import Uniference

/// Ring all-reduces on one switch with staggered starts, as often as it takes for a steady rate.
struct Ring {
  let ranks: Int

  private static let enoughMessages = 1_000_000

  func measure() throws -> Measurement {
    var messages = 0
    var events = 0.0
    var flowsSolved = 0
    var wall = 0.0
    while true {
      let result = try RingBenchmark(ranks: ranks).run()
      messages += result.messages
      events += result.events_per_message * Double(result.messages)
      flowsSolved += result.flows_solved
      wall += result.wall_s
      guard messages >= Self.enoughMessages else { continue }
      return Measurement(
        ranks: ranks, messages: messages, events: Int(events.rounded()), flows_solved: flowsSolved,
        simulated_s: result.simulated_s, wall_s: wall, peak_rss_bytes: result.peak_rss_bytes)
    }
  }
}
