import Reports
import Uniference

/// Everything one run of the benchmarks has found.
struct Report: Encodable {
  struct Peer: Encodable {
    let benchmark: String
    /// Its name and version, and what it does not do.
    let peer: String
    let messages_per_second: Double
    /// Uniference's messages per second over the peer's.
    let ratio: Double

    init(beside summary: Summary, peer: String, rate: Double) {
      benchmark = summary.name
      self.peer = peer
      messages_per_second = rate
      ratio = summary.median.messagesPerSecond / rate
    }
  }

  let machine: Machine
  let command: String
  var benchmarks: [Summary] = []
  var peers: [Peer] = []

  func table() -> String {
    var table = TextTable(columns: [
      .init("benchmark"), .init("messages", .right), .init("messages/s", .right), .init("lowest - highest", .right),
      .init("wall", .right), .init("events/message", .right), .init("solved/event", .right),
      .init("peak memory", .right), .init("each, beyond 50 MB", .right),
    ])
    for summary in benchmarks { table.append(row(summary)) }
    let heading = "\(machine.processor), \(machine.cores) cores, \(machine.system)\n\(command)\n"
    return heading + table.rendered() + peers.map(line).joined()
  }

  private func row(_ summary: Summary) -> [String] {
    let median = summary.median
    let counts = summary.counts
    func short(_ value: Double?) -> String { value.map { formatNumber($0, significantDigits: 3) } ?? "-" }
    func millions(_ rate: Double) -> String { "\(formatNumber(rate / 1e6, significantDigits: 3)) M" }
    let memory = Int(counts["bytes_per_device"] ?? 0)
    return [
      summary.name, "\(median.messages)", millions(summary.rates.median),
      "\(millions(summary.rates.lowest)) - \(millions(summary.rates.highest))",
      Duration.seconds(median.wall_s).shortDescription, short(counts["events_per_message"]),
      short(counts["flows_solved_per_event"]), "\(DataSize(bytes: median.peak_rss_bytes))",
      memory > 0 ? "\(memory) B" : "-",
    ]
  }

  private func line(_ peer: Peer) -> String {
    "\(peer.benchmark): \(formatNumber(peer.ratio, significantDigits: 3)) times \(peer.peer) "
      + "(\(formatNumber(peer.messages_per_second / 1e6, significantDigits: 3)) M messages/s)\n"
  }
}
