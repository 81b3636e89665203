/// What one run of one benchmark has found.
struct Measurement: Codable {
  /// Devices or hosts.
  let ranks: Int
  let messages: Int
  /// Events that the engine has processed; `nil` where nobody counts.
  let events: Int?
  /// Flows whose rates were computed, summed over all instants at which any were; `nil` where nobody counts.
  let flows_solved: Int?
  /// Virtual time that passed.
  let simulated_s: Double
  /// Time that it took here.
  let wall_s: Double
  /// Of the whole process.
  let peak_rss_bytes: Int

  var messagesPerSecond: Double { wall_s > 0 ? Double(messages) / wall_s : 0 }

  /// The counts that thresholds are about, by the names that `thresholds.json` uses. They depend on no machine's speed.
  var counts: [String: Double] {
    var counts = ["bytes_per_device": Double(max(0, peak_rss_bytes - Self.fixedBytes)) / Double(ranks)]
    if let events {
      counts["events_per_message"] = Double(events) / Double(max(1, messages))
      if let flows_solved { counts["flows_solved_per_event"] = Double(flows_solved) / Double(max(1, events)) }
    }
    return counts
  }

  /// What the process takes whatever the number of devices, generously.
  private static let fixedBytes = 50_000_000
}
