/// Told of messages that have arrived.
public protocol MessageObserver: AnyObject {
  /// The last byte of the message with this token has arrived, now.
  func messageArrived(token: UInt64)
}

/// Names a connection of a ``FlowNetwork``.
public struct ConnectionID: Hashable, Sendable {
  public let index: Int32

  @inlinable
  public init(index: Int32) { self.index = index }
}

struct ConnectionKey: Hashable {
  let source: Int
  let destination: Int
  let channel: Int
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

  public init() {}
}
