/// A channel from one host to another within one group: messages leave it one after another, as on a TCP socket.
struct Connection {
  /// Where its links stand in the network's table of routes.
  let routeStart: Int32
  let routeCount: Int32
  /// Latency of the route in picoseconds, without jitter.
  let latency: Int64
  /// Whether one of its ends has failed; its messages are dropped.
  var isBroken: Bool

  /// The messages that have not left completely, first to last; -1 for none.
  var first: Int32 = -1
  var last: Int32 = -1

  /// Whether the first message's bytes are moving (at a rate that may be zero).
  var isMoving = false
  /// Its place in the part of the network that the solver is solving; -1 for none.
  var positionInComponent: Int32 = -1
  /// Raised whenever the expected end of the first message changes: events of former versions are void.
  var version: UInt32 = 0

  /// Bytes per second, and bytes left at `updated`.
  var rate: Double = 0
  var remaining: Double = 0
  var updated: Int64 = 0
}

/// A message in a connection's queue.
struct QueuedMessage {
  /// Bytes on the wire.
  let byteCount: Double
  /// When its latency is over and its bytes may move.
  let ready: Int64
  /// What the sender calls it.
  let token: UInt64
  var next: Int32
}

/// The state of a link.
struct LinkState {
  var capacity: Double
  /// The connections that move bytes over it, as a list through the network's table of routes; -1 for none.
  var firstCrossing: Int32 = -1
  var crossings: Int32 = 0
  /// Bytes that have crossed the link.
  var carried: Double = 0
  /// Whether its flows are to be solved again when the instant ends.
  var isDirty = false
  var isInComponent = false

  init(capacity: Double) { self.capacity = capacity }
}

/// One link of one connection's route, and its place in the link's list of moving connections.
struct Crossing {
  let link: LinkID
  let connection: Int32
  var next: Int32 = -1
  var previous: Int32 = -1
}
