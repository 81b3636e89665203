/// Rings that share the data of one collective: NCCL's channels, as far as they use different links.
public struct RingChannels: Hashable, Sendable {
  /// In which order a channel's ring visits the members.
  public enum Order: Hashable, Sendable {
    /// In rank order; each channel takes a path of its own where several lead from one member to the next.
    case ranks
    /// In rank order but for the members of a node, which channel `c` visits from place `c` on: so the rings leave a node
    /// by as many network cards.
    case rotated(nodeSize: Int)
    /// Along cycles that share no link, for members with a cable between every two: Walecki's zigzags around a hub, each
    /// in both directions (Alspach, The wonderful Walecki construction, 2008).
    case edgeDisjoint
  }

  /// How many rings there are.
  public var count: Int
  /// How they visit the members.
  public var order: Order

  /// One ring in rank order.
  public static let single = RingChannels(count: 1, order: .ranks)

  /// Rings.
  public init(count: Int, order: Order) {
    self.count = count
    self.order = order
  }

  /// As many rings without a common link as there are among `size` members that are all connected to each other.
  public static func edgeDisjoint(size: Int) -> RingChannels {
    size < 3 ? .single : RingChannels(count: 2 * ((size - 1) / 2), order: .edgeDisjoint)
  }

  /// Rings over several cards of each node.
  public static func rotated(cards: Int, nodeSize: Int) -> RingChannels {
    cards < 2 || nodeSize < 2 ? .single : RingChannels(count: min(cards, nodeSize), order: .rotated(nodeSize: nodeSize))
  }

  /// Whether each channel takes a path of its own.
  var usesLanes: Bool { order == .ranks && count > 1 }

  /// Where a member stands in a channel's ring.
  func position(of rank: Int, channel: Int, size: Int) -> Int {
    switch order {
    case .ranks: return rank
    case .rotated(let nodeSize):
      let place = rank % nodeSize
      return rank - place + (place - channel + nodeSize) % nodeSize
    case .edgeDisjoint:
      let position = Self.zigzagPosition(of: rank, cycle: channel / 2, size: size)
      return channel % 2 == 0 ? position : (size - position) % size
    }
  }

  /// The member at a position of a channel's ring.
  func rank(at position: Int, channel: Int, size: Int) -> Int {
    switch order {
    case .ranks: return position
    case .rotated(let nodeSize):
      let place = position % nodeSize
      return position - place + (place + channel) % nodeSize
    case .edgeDisjoint:
      return Self.zigzagRank(at: channel % 2 == 0 ? position : (size - position) % size, cycle: channel / 2, size: size)
    }
  }

  /// The hub, then `cycle`, one above, one below, two above, and so on around the others.
  private static func zigzagRank(at position: Int, cycle: Int, size: Int) -> Int {
    if position == 0 { return size - 1 }
    let others = size - 1
    let offset = position % 2 == 0 ? position / 2 : -((position - 1) / 2)
    return (cycle + offset + others) % others
  }

  private static func zigzagPosition(of rank: Int, cycle: Int, size: Int) -> Int {
    if rank == size - 1 { return 0 }
    let others = size - 1
    let above = (rank - cycle + others) % others
    return above <= others / 2 && above > 0 ? 2 * above : 2 * ((others - above) % others) + 1
  }
}
