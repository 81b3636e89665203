/// Told of messages that have arrived.
public protocol MessageObserver: AnyObject {
  /// The last byte of the message with this token has arrived, now.
  func messageArrived(token: UInt64)
}

/// Names a connection of a ``FlowNetwork``.
public struct ConnectionID: Hashable, Sendable {
  /// The connection's position in its network.
  public let index: Int32

  /// The connection at a position.
  @inlinable
  public init(index: Int32) { self.index = index }
}

/// A channel between two hosts.
struct ConnectionKey: Hashable, Comparable {
  private let ends: UInt64
  private let choice: UInt64

  var source: Int { Int(ends >> 32) }
  var destination: Int { Int(ends & 0xFFFF_FFFF) }
  var channel: Int { Int(choice >> 16) }
  /// Which of several equally good paths it takes; `nil` where a hash chooses.
  var lane: Int? { choice & 0xFFFF == 0 ? nil : Int(choice & 0xFFFF) - 1 }

  init(source: Int, destination: Int, channel: Int, lane: Int? = nil) {
    precondition(channel < 1 << 48 && lane ?? 0 < 0xFFFF, "a network has at most 2^48 channels of 65534 lanes each")
    ends = UInt64(source) << 32 | UInt64(destination)
    choice = UInt64(channel) << 16 | UInt64((lane ?? -1) + 1)
  }

  /// The same channel in the other direction.
  var reversed: ConnectionKey {
    ConnectionKey(source: destination, destination: source, channel: channel, lane: lane)
  }

  var pathChoice: PathChoice { lane.map { .lane($0) } ?? .hashed(channel: channel) }

  func touches(_ host: Int) -> Bool { source == host || destination == host }

  static func < (left: ConnectionKey, right: ConnectionKey) -> Bool {
    (left.ends, left.choice) < (right.ends, right.choice)
  }
}

/// What a network has done so far.
public struct NetworkStatistics: Hashable, Sendable {
  /// Messages handed over.
  public var messages = 0
  /// Their bytes on the wire.
  public var bytes = 0.0
  /// Messages lost because a host failed.
  public var droppedMessages = 0
  /// Instants at which rates were solved.
  public var solves = 0
  /// Flows whose rates were computed in those, summed over all of them.
  public var flowsSolved = 0

  /// Nothing yet.
  public init() {}
}
