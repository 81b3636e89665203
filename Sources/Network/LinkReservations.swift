import SimulationKernel

/// When traffic that has been timed at once uses a link, in picoseconds.
public struct LinkUse: Hashable, Sendable {
  /// When its first byte moves.
  public var first: Int64
  /// When its last byte has moved.
  public var last: Int64

  /// The use of a link between two instants.
  public init(first: Int64, last: Int64) {
    self.first = first
    self.last = last
  }
}

/// Asked to give way when a message wants a link that somebody has reserved.
public protocol ReservationHolder: AnyObject {
  /// A message's bytes could move over `link` from `time` on, before its reservation ends.
  func linkIsWanted(_ link: LinkID, at time: VirtualTime)
}

/// Links that belong to traffic which has been timed at once instead of message by message.
struct LinkReservations {
  weak var holder: (any ReservationHolder)?
  private var ends: [LinkID: Int64] = [:]

  var isEmpty: Bool { ends.isEmpty }

  func end(of link: LinkID) -> Int64 { ends[link] ?? .min }

  mutating func set(_ link: LinkID, until end: Int64?) { ends[link] = end }
}

extension FlowNetwork {
  /// Whether any message is on its way or waits for its turn.
  public var isQuiet: Bool { pendingMessageCount == 0 }

  /// Who holds reservations.
  public func setReservationHolder(_ holder: any ReservationHolder) { reservations.holder = holder }

  /// Keeps a link for traffic that has been timed at once; `nil` frees it.
  public func reserve(_ link: LinkID, until end: VirtualTime?) { reservations.set(link, until: end?.picoseconds) }

  /// Until when a link is reserved, if it is.
  public func reservationEnd(of link: LinkID) -> VirtualTime? {
    let end = reservations.end(of: link)
    return end == .min ? nil : VirtualTime(picoseconds: end)
  }

  /// Makes the holder of the links of a route give way where a message would meet its traffic.
  func claim(_ index: Int32, from ready: Int64) {
    for position in crossingRange(index) where reservations.end(of: crossings[position].link) > ready {
      reservations.holder?.linkIsWanted(crossings[position].link, at: VirtualTime(picoseconds: ready))
    }
  }
}
