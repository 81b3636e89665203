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

/// A channel between two hosts, in one word: 24 bits for each host, 16 for the channel.
struct ConnectionKey: Hashable, Comparable {
  private let bits: UInt64

  var source: Int { Int(bits >> 40) }
  var destination: Int { Int(bits >> 16 & 0xFF_FFFF) }

  init(source: Int, destination: Int, channel: Int) {
    precondition(source < 1 << 24 && destination < 1 << 24 && channel < 1 << 16, "too many hosts or groups")
    bits = UInt64(source) << 40 | UInt64(destination) << 16 | UInt64(channel)
  }

  /// The same channel in the other direction.
  var reversed: ConnectionKey { ConnectionKey(source: destination, destination: source, channel: Int(bits & 0xFFFF)) }

  func touches(_ host: Int) -> Bool { source == host || destination == host }

  static func < (left: ConnectionKey, right: ConnectionKey) -> Bool { left.bits < right.bits }
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
