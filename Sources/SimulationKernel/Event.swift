/// What happens at one instant: which handler is called, with which token.
///
/// Handlers keep what they need in tables of their own and find it by the token, so that an event is 24 bytes and
/// costs no allocation.
struct Event {
  var time: Int64
  /// Priority in the upper 8 bits, the sequence number below: one comparison orders both.
  var order: UInt64
  /// Handler in the upper 8 bits, its token below.
  var target: UInt64

  /// What events are ordered by, as one number, since a comparison of two would be a branch that nobody can predict.
  /// Times are never negative.
  @inline(__always)
  var key: UInt128 { UInt128(UInt64(bitPattern: time)) << 64 | UInt128(order) }
}

/// What comes first among events of the same instant. Within one priority they happen in the order they were
/// scheduled.
public enum EventPriority: UInt8, Sendable {
  /// The world changes: links, nodes, capacities.
  case environment = 0
  /// Messages move and arrive.
  case traffic = 1
  /// Processes that waited for this instant go on: what arrives at an instant is there for whoever asks at it.
  case process = 2
  /// Timeouts: what arrives at the very instant of a deadline is in time.
  case timeout = 3
}

/// Something that events are addressed to.
public protocol EventHandler: AnyObject {
  /// Called by the engine at the event's time with the token that it was scheduled with.
  func handle(token: UInt64)

  /// Called while an earlier event happens, mostly the one just before: brings near what ``handle(token:)`` will touch.
  /// Changes nothing; the event may have become void by then, and others may come first.
  func prepare(token: UInt64)

  /// What an event is about that lies behind the end of virtual time, for the report: `the message of 4 MB from host 0 to
  /// host 1`; `nil` where the handler cannot say.
  func subject(token: UInt64) -> String?
}

extension EventHandler {
  /// Nothing, for those whose events are few.
  public func prepare(token: UInt64) {}

  /// Nothing that a handler could say.
  public func subject(token: UInt64) -> String? { nil }
}
