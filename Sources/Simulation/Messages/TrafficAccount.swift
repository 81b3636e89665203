import Network

/// Payload bytes that each rank has sent and received, and how many messages.
public final class TrafficAccount {
  /// Payload bytes that have arrived from each world rank.
  public internal(set) var sentBytes: [Int]
  /// Payload bytes that have arrived at each world rank.
  public internal(set) var receivedBytes: [Int]
  /// Messages that have arrived.
  public internal(set) var messages = 0
  /// Messages that have arrived from each world rank; those of collectives timed at once stand at their group's first rank.
  private(set) var sentMessages: [Int]
  /// Bytes that collectives timed at once have put on each link, where the network has not moved them.
  private var linkBytes: [LinkID: Double] = [:]

  init(ranks: Int) {
    sentBytes = Array(repeating: 0, count: ranks)
    receivedBytes = Array(repeating: 0, count: ranks)
    sentMessages = Array(repeating: 0, count: ranks)
  }

  func add(from source: Int, to destination: Int, byteCount: Int) {
    sentBytes[source] += byteCount
    receivedBytes[destination] += byteCount
    sentMessages[source] += 1
    messages += 1
  }

  /// Counts a collective that has been timed at once.
  func add(_ timeline: UncontendedTimeline, of group: ProcessGroup) { apply(timeline, of: group, sign: 1) }

  /// Takes back what has been counted for a collective whose messages are counted instead.
  func remove(_ timeline: UncontendedTimeline, of group: ProcessGroup) { apply(timeline, of: group, sign: -1) }

  /// Counts what an isolated simulation has delivered.
  func add(_ other: TrafficAccount?, of group: ProcessGroup) {
    guard let other else { return }
    messages += other.messages
    for rank in group.worldRanks {
      sentMessages[rank] += other.sentMessages[rank]
      sentBytes[rank] += other.sentBytes[rank]
      receivedBytes[rank] += other.receivedBytes[rank]
    }
  }

  /// Bytes of collectives timed at once that have crossed a link; the network counts all others.
  public func bytesTimedAtOnce(of link: LinkID) -> Double { max(0, linkBytes[link] ?? 0) }

  /// Counts bytes that an isolated simulation has moved for a collective that goes on message by message.
  func add(_ bytes: [LinkID: Double]) {
    for (link, count) in bytes { linkBytes[link, default: 0] += count }
  }

  /// What some ranks have sent and received so far.
  func traffic(of ranks: [Int]) -> GroupTraffic {
    GroupTraffic(
      sentBytes: ranks.map { sentBytes[$0] }, receivedBytes: ranks.map { receivedBytes[$0] },
      messages: ranks.reduce(0) { $0 + sentMessages[$1] })
  }

  /// Counts what a stretch of a program that is known from before sends.
  func add(_ traffic: GroupTraffic, of ranks: [Int]) {
    messages += traffic.messages
    for (member, rank) in ranks.enumerated() {
      sentBytes[rank] += traffic.sentBytes[member]
      receivedBytes[rank] += traffic.receivedBytes[member]
    }
    if let first = ranks.first { sentMessages[first] += traffic.messages }
  }

  private func apply(_ timeline: UncontendedTimeline, of group: ProcessGroup, sign: Int) {
    messages += sign * timeline.messages
    if let first = group.worldRanks.first { sentMessages[first] += sign * timeline.messages }
    for (link, bytes) in timeline.linkBytes { linkBytes[link, default: 0] += Double(sign) * bytes }
    for (member, rank) in group.worldRanks.enumerated() {
      sentBytes[rank] += sign * timeline.sentBytes[member]
      receivedBytes[rank] += sign * timeline.receivedBytes[member]
    }
  }
}

/// What the members of a group have sent and received.
struct GroupTraffic: Hashable, Sendable {
  var sentBytes: [Int]
  var receivedBytes: [Int]
  var messages: Int

  static func - (later: GroupTraffic, earlier: GroupTraffic) -> GroupTraffic {
    GroupTraffic(
      sentBytes: zip(later.sentBytes, earlier.sentBytes).map { $0 - $1 },
      receivedBytes: zip(later.receivedBytes, earlier.receivedBytes).map { $0 - $1 },
      messages: later.messages - earlier.messages)
  }
}
