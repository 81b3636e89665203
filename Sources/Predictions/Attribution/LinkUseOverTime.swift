import Network
import Results
import Uniference

/// What links carried over time, and for whom, from the messages of a record.
///
/// The bytes of a message are spread evenly over the time from its posting to its delivery. Where several paths lead from
/// one host to another, the first one stands for all.
public struct LinkUseOverTime: Encodable, Sendable {
  /// One link.
  struct Row: Encodable {
    let link: String
    let bytes_per_second: Double
    /// What it carried in each step, as a share of what it could have carried.
    let use: [Double]
    let bytes: Double
    /// Who used it, those with most bytes first.
    let users: [User]
    let other_users: Int
  }

  /// Messages of one rank to another.
  struct User: Encodable {
    let from: String
    let to: String
    let bytes: Int
    let messages: Int
  }

  let step_s: Double
  /// How many links carried something; ``rows`` has the busiest.
  let links: Int
  let rows: [Row]

  private static let steps = 400
  private static let rowLimit = 32
  private static let userLimit = 8

  private struct Pair: Hashable, Comparable {
    let source: UInt32
    let destination: UInt32

    static func < (one: Pair, other: Pair) -> Bool {
      (one.source, one.destination) < (other.source, other.destination)
    }
  }

  /// - Parameter end: of the run, in picoseconds.
  /// - Returns: `nil` where the record has no messages.
  init?(_ record: RunRecord, on cluster: Cluster, end: Int64) throws {
    guard end > 0 else { return nil }
    let topology = try cluster.makeTopology()
    let width = Double(end) / Double(Self.steps)
    var routes: [Pair: [LinkID]] = [:]
    var carried: [LinkID: [Double]] = [:]
    var users: [Pair: (bytes: Int, messages: Int)] = [:]
    try record.events.forEach { event in
      guard event.kind == .message, event.peer < cluster.devices.count, event.rank != event.peer else { return }
      let pair = Pair(source: event.rank, destination: event.peer)
      if routes[pair] == nil { routes[pair] = topology.route(from: Int(event.rank), to: Int(event.peer)) }
      users[pair, default: (0, 0)].bytes += Int(event.bytes)
      users[pair, default: (0, 0)].messages += 1
      for link in routes[pair] ?? [] {
        carried[link, default: Array(repeating: 0, count: Self.steps)].spread(
          Double(event.bytes), from: Double(event.time) / width, to: Double(event.time + event.duration) / width)
      }
    }
    guard !carried.isEmpty else { return nil }
    step_s = width / 1e12
    links = carried.count
    let stepSeconds = width / 1e12
    let busiest = carried.map { link, steps in
      (link: link, steps: steps, share: steps.reduce(0, +) / topology.links[Int(link)].bytesPerSecond)
    }.sorted { ($1.share, $0.link) < ($0.share, $1.link) }
    rows = busiest.prefix(Self.rowLimit).map { link, steps, _ in
      let capacity = topology.links[Int(link)].bytesPerSecond
      let pairs = users.filter { routes[$0.key]?.contains(link) ?? false }
        .sorted { ($1.value.bytes, $0.key) < ($0.value.bytes, $1.key) }
      return Row(
        link: LinkNames.name(of: link, in: topology, of: cluster), bytes_per_second: capacity,
        use: steps.map { ($0 / (capacity * stepSeconds) * 1e4).rounded() / 1e4 }, bytes: steps.reduce(0, +),
        users: pairs.prefix(Self.userLimit).map { pair, value in
          User(
            from: cluster.devices[Int(pair.source)].name, to: cluster.devices[Int(pair.destination)].name,
            bytes: value.bytes, messages: value.messages)
        },
        other_users: max(0, pairs.count - Self.userLimit))
    }
  }
}

extension [Double] {
  /// Adds an amount evenly to the steps from one position to another.
  fileprivate mutating func spread(_ amount: Double, from start: Double, to end: Double) {
    let first = Swift.min(count - 1, Swift.max(0, Int(start)))
    let last = Swift.min(count - 1, Swift.max(first, Int(end)))
    guard last > first, end > start else {
      self[first] += amount
      return
    }
    for step in first...last {
      let shared = Swift.min(end, Double(step + 1)) - Swift.max(start, Double(step))
      if shared > 0 { self[step] += amount * shared / (end - start) }
    }
  }
}
