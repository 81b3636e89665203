/// All-gather in ceil(log2 N) steps for any N: at step `k` each member sends the blocks that it has, its own one first,
/// to rank - 2^k.
///
/// Takes ceil(log2 N) alpha + (N - 1) b / B for blocks of b bytes; a rotation in memory puts the blocks in order
/// afterwards.
/// Source: Bruck, Ho, Kipnis, Upfal and Weathersby, Efficient algorithms for all-to-all communications in multiport
/// message-passing systems, 1997.
struct BruckAllGather: ExchangeSchedule {
  let layout: BlockLayout
  private let rank: Int32
  private let size: Int32

  init(rank: Int, size: Int, layout: BlockLayout) {
    self.layout = layout
    self.rank = Int32(rank)
    self.size = Int32(size)
  }

  var endStep: Int { Int(size).binaryDepth }

  func exchange(at step: Int) -> Exchange {
    let size = Int(size)
    let distance = 1 << step
    let count = min(distance, size - distance)
    let left = (Int(rank) - distance + size) % size
    let right = (Int(rank) + distance) % size
    return Exchange(
      send: Transfer(peer: left, round: step, layout: layout, start: Int(rank), count: count),
      receive: Transfer(peer: right, round: step, layout: layout, start: right, count: count))
  }
}

/// All-to-all of equal blocks in ceil(log2 N) steps: a block that has to go distance `j` hops 2^k ranks on at each step
/// `k` whose bit is set in `j`.
///
/// Sends about N/2 blocks a step, so it pays off for small ones. A rotation in memory comes before and after.
/// Source: Bruck et al. 1997.
struct BruckAllToAll: ExchangeSchedule {
  let layout: BlockLayout
  private let rank: Int32
  private let size: Int32

  init(rank: Int, size: Int, blockByteCount: Int) {
    layout = .equal(blockByteCount, count: size * size)
    self.rank = Int32(rank)
    self.size = Int32(size)
  }

  var endStep: Int { Int(size).binaryDepth }

  func exchange(at step: Int) -> Exchange {
    let size = Int(size)
    let distance = 1 << step
    let to = (Int(rank) + distance) % size
    let from = (Int(rank) - distance + size) % size
    // Numbers below `size` with bit `step` set.
    let count = (size >> (step + 1)) << step + max(0, size & (2 * distance - 1) - distance)
    let byteCount = count * layout.byteCount(0)
    if byteCount == 0 { return .nothing }
    return Exchange(
      send: Transfer(
        peer: to, round: step, byteCount: byteCount,
        blocks: .distances(holder: Int(rank), bit: step, size: size)),
      receive: Transfer(
        peer: from, round: step, byteCount: byteCount, blocks: .distances(holder: from, bit: step, size: size)))
  }
}
