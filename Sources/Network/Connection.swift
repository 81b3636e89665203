/// A channel from one host to another within one group: messages leave it one after another, as on a TCP socket.
///
/// There may be millions, so the fields stand in an order that leaves no gaps: one cache line for each.
struct Connection {
  /// Latency of the route in picoseconds, without jitter.
  let latency: Int64

  /// Bytes per second, and bytes left at `updated`.
  var rate: Double = 0
  var remaining: Double = 0
  var updated: Int64 = 0

  /// Where its links stand in the network's table of routes.
  let routeStart: Int32

  /// The messages that have not left completely, first to last; -1 for none.
  var first: Int32 = -1
  var last: Int32 = -1

  /// Where it stands with the solver: its place among the flows that are being solved, else, below -1, the hop of its
  /// bottleneck; -1 for neither.
  private var place: Int32 = -1

  /// Raised whenever the expected end of the first message changes: events of former versions are void.
  var version: UInt32 = 0

  /// The ends of the route, the links that flows mostly wait for.
  let firstLink: LinkID
  let lastLink: LinkID

  /// The number of links of its route, with the two flags in the upper bits.
  private var bits: UInt32

  init(route: [LinkID], routeStart: Int32, latency: Int64, isBroken: Bool) {
    self.routeStart = routeStart
    self.latency = latency
    firstLink = route.first ?? -1
    lastLink = route.last ?? -1
    bits = UInt32(route.count)
    self.isBroken = isBroken
  }

  /// Its place among the flows that the solver is solving; negative for none.
  var positionInComponent: Int32 {
    @inline(__always) get { place }
    @inline(__always) set { place = newValue }
  }

  /// The hop of its route at which it was last found to have its bottleneck; negative where that is not known.
  var bottleneckHop: Int32 {
    @inline(__always) get { -2 - place }
    @inline(__always) set { place = -2 - newValue }
  }

  var routeCount: Int32 {
    @inline(__always) get { Int32(bitPattern: bits & 0x3FFF_FFFF) }
  }

  /// Whether the first message's bytes are moving (at a rate that may be zero).
  var isMoving: Bool {
    @inline(__always) get { bits & 1 << 30 != 0 }
    @inline(__always) set { bits = newValue ? bits | 1 << 30 : bits & ~(1 << 30) }
  }

  /// Whether one of its ends has failed; its messages are dropped.
  var isBroken: Bool {
    @inline(__always) get { bits & 1 << 31 != 0 }
    @inline(__always) set { bits = newValue ? bits | 1 << 31 : bits & ~(1 << 31) }
  }
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
  /// Whether the observer has yet to be told that its sender's buffer has taken it.
  var reportsTaking = false
}

/// The state of a link.
struct LinkState {
  var capacity: Double
  /// Bytes that have crossed the link.
  var carried: Double = 0
  /// The connections that move bytes over it, as a list through the network's table of routes; -1 for none.
  var firstCrossing: Int32 = -1
  /// Their number, with the two flags in the upper bits.
  private var bits: UInt32 = 0

  init(capacity: Double) { self.capacity = capacity }

  /// How many connections move bytes over it.
  var crossings: Int32 {
    @inline(__always) get { Int32(bitPattern: bits & 0x3FFF_FFFF) }
    @inline(__always) set { bits = bits & 0xC000_0000 | UInt32(bitPattern: newValue) }
  }

  /// Whether its flows are to be solved again when the instant ends.
  var isDirty: Bool {
    @inline(__always) get { bits & 1 << 30 != 0 }
    @inline(__always) set { bits = newValue ? bits | 1 << 30 : bits & ~(1 << 30) }
  }

  var isInComponent: Bool {
    @inline(__always) get { bits & 1 << 31 != 0 }
    @inline(__always) set { bits = newValue ? bits | 1 << 31 : bits & ~(1 << 31) }
  }
}

/// One link of one connection's route, and its place in the link's list of moving connections.
struct Crossing {
  let link: LinkID
  let connection: Int32
  var next: Int32 = -1
  var previous: Int32 = -1
}
