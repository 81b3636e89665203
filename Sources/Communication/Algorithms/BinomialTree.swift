/// Broadcast, reduce, gather and scatter over a binomial tree in ceil(log2 N) steps.
///
/// With ranks counted from the root, the partner at step `k` differs in bit `k`. Broadcast (in the order of
/// `gloo/broadcast.cc`), reduce and gather go from the lowest bit up, scatter from the highest down. Broadcast and
/// reduce move the whole buffer: ceil(log2 N) (alpha + S / B) on equal links. Gather and scatter move what belongs to
/// the subtree.
/// Source: Thakur, Rabenseifner and Gropp, Optimization of collective communication operations in MPICH, 2005.
struct BinomialTree: ExchangeSchedule {
  let layout: BlockLayout
  private let size: Int32
  private let root: Int32
  /// The member's rank counted from the root.
  private let position: Int32
  private let depth: UInt8
  private let operation: CollectiveOperation
  private let waitsForSends: Bool

  /// - Parameter waitsForSends: whether a member waits for one message to have left before it sends the next one.
  init(rank: Int, shape: CollectiveShape, waitsForSends: Bool, layout: BlockLayout) {
    self.layout = layout
    size = Int32(shape.size)
    root = Int32(shape.root)
    position = Int32((rank - shape.root + shape.size) % shape.size)
    depth = UInt8(shape.size.binaryDepth)
    operation = shape.operation
    self.waitsForSends = waitsForSends
  }

  var endStep: Int { Int(depth) }
  var sendCompletion: SendCompletion { waitsForSends ? .afterCombining : .atEnd }

  func exchange(at step: Int) -> Exchange {
    let goesOutward = operation == .broadcast || operation == .scatter
    let bit = operation == .scatter ? Int(depth) - 1 - step : step
    let distance = 1 << bit
    let position = Int(position)
    // In a broadcast the members below the bit have the data; in the others those whose lower bits are zero take part.
    let place = operation == .broadcast ? position >> (bit + 1) : position & (distance - 1)
    if place != 0 { return .nothing }
    let isParent = position & distance == 0
    let child = isParent ? position + distance : position
    if child >= Int(size) { return .nothing }
    let transfer = transfer(peer: isParent ? child : child - distance, child: child, distance: distance, round: bit)
    return isParent == goesOutward
      ? Exchange(send: transfer) : Exchange(receive: transfer, combines: operation == .reduce)
  }

  private func transfer(peer: Int, child: Int, distance: Int, round: Int) -> Transfer? {
    let size = Int(size)
    let root = Int(root)
    let peer = (peer + root) % size
    if operation == .broadcast || operation == .reduce {
      return Transfer(peer: peer, round: round, layout: layout, start: 0)
    }
    let subtree = min(distance, size - child)
    return Transfer(peer: peer, round: round, layout: layout, start: (child + root) % size, count: subtree)
  }
}

extension Int {
  /// ceil(log2 `self`): the steps in which one becomes at least `self` by doubling.
  var binaryDepth: Int { self <= 1 ? 0 : Int.bitWidth - (self - 1).leadingZeroBitCount }
}
