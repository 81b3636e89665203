import Uniference

extension Measurement {
  /// A ring all-reduce on one switch, with staggered starts.
  init(_ ring: RingBenchmark.Result) {
    self.init(
      ranks: ring.ranks, messages: ring.messages,
      events: Int((ring.events_per_message * Double(ring.messages)).rounded()), flows_solved: ring.flows_solved,
      simulated_s: ring.simulated_s, wall_s: ring.wall_s, peak_rss_bytes: ring.peak_rss_bytes)
  }
}
