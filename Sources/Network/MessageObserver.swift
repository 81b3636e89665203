/// Told what becomes of messages.
public protocol MessageObserver: AnyObject {
  /// The last byte of the message with this token has arrived, now.
  func messageArrived(token: UInt64)

  /// A message of which that was to be said has been taken into its sender's buffer, now.
  func messageTaken(token: UInt64)

  /// The message with this token will never arrive.
  ///
  /// - Parameter host: the host that has failed: one of the message's ends, or one that it passes through.
  func messageLost(token: UInt64, host: Int)
}

extension MessageObserver {
  /// Nothing.
  public func messageTaken(token: UInt64) {}

  /// Nothing.
  public func messageLost(token: UInt64, host: Int) {}
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

  private static let laneFlag: UInt64 = 1 << 31

  var source: Int { Int(ends >> 32) }
  var destination: Int { Int(ends & 0xFFFF_FFFF) }
  var channel: Int { Int(choice >> 32) }
  /// Which of several equally good paths it takes.
  var path: PathChoice {
    let number = Int(choice & (Self.laneFlag - 1))
    return choice & Self.laneFlag == 0 ? .hashed(number) : .lane(number)
  }

  init(source: Int, destination: Int, channel: Int, path: PathChoice) {
    precondition(channel < 1 << 32, "a network has at most 2^32 channels")
    ends = UInt64(source) << 32 | UInt64(destination)
    let number: UInt64
    switch path {
    case .hashed(let value): number = UInt64(truncatingIfNeeded: value) & (Self.laneFlag - 1)
    case .lane(let lane): number = UInt64(truncatingIfNeeded: lane) & (Self.laneFlag - 1) | Self.laneFlag
    }
    choice = UInt64(channel) << 32 | number
  }

  /// The same channel in the other direction.
  var reversed: ConnectionKey {
    ConnectionKey(source: destination, destination: source, channel: channel, path: path)
  }

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
