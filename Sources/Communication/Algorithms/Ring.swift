/// All-reduce, reduce-scatter and all-gather around a ring: each step every member sends one block to its left
/// neighbour (rank - 1) and receives one from its right neighbour (rank + 1).
///
/// Reduce-scatter takes steps `0..<N-1`, after which member `r` holds block `r` combined; all-gather takes steps
/// `N-1..<2(N-1)`. With equal full-duplex links of latency alpha and bandwidth B an all-reduce of S bytes takes
/// 2 (N - 1) (alpha + S / (N B)), which is optimal in bandwidth (Patarasuk and Yuan, Bandwidth optimal all-reduce
/// algorithms for clusters of workstations, 2009).
struct Ring: ExchangeSchedule {
  let layout: BlockLayout
  private let rank: Int32
  private let size: Int32
  private let reduces: Bool
  private let gathers: Bool

  init(rank: Int, size: Int, reduces: Bool, gathers: Bool, layout: BlockLayout) {
    self.layout = layout
    self.rank = Int32(rank)
    self.size = Int32(size)
    self.reduces = reduces
    self.gathers = gathers
  }

  var firstStep: Int { reduces ? 0 : Int(size) &- 1 }
  var endStep: Int { gathers ? 2 &* (Int(size) &- 1) : Int(size) &- 1 }

  @inline(__always)
  func exchange(at step: Int) -> Exchange {
    let size = Int(size)
    let rank = Int(rank)
    var block = rank &+ 1 &+ step
    while block >= size { block &-= size }
    let left = rank == 0 ? size &- 1 : rank &- 1
    let right = rank == size &- 1 ? 0 : rank &+ 1
    let next = block == size &- 1 ? 0 : block &+ 1
    return Exchange(
      send: Transfer(peer: left, round: step, layout: layout, start: block),
      receive: Transfer(peer: right, round: step, layout: layout, start: next),
      combines: step < size &- 1)
  }
}
