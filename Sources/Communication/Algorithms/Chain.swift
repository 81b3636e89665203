/// Broadcast or reduce along the ring, cut open at the root, in segments that follow each other: while a member
/// receives segment `t` it passes on segment `t - 1`.
///
/// With equal links of latency alpha and bandwidth B and C segments it takes (N - 2 + C) (alpha + S / (C B)). NCCL's
/// ring broadcast and reduce work so (`src/device/broadcast.h`, `reduce.h`).
struct Chain: ExchangeSchedule {
  let layout: BlockLayout
  /// Neighbours against and along the flow of data.
  private let upstream: Int32?
  private let downstream: Int32?
  private let combines: Bool

  /// - Parameter combining: whether data flows to the root and is reduced, instead of from it.
  init(rank: Int, size: Int, root: Int, combining: Bool, layout: BlockLayout) {
    self.layout = layout
    combines = combining
    let distance = (rank - root + size) % size
    let outward = distance == size - 1 ? nil : Int32((rank + 1) % size)
    let inward = distance == 0 ? nil : Int32((rank - 1 + size) % size)
    (upstream, downstream) = combining ? (outward, inward) : (inward, outward)
  }

  var endStep: Int { layout.count + 1 }

  func exchange(at step: Int) -> Exchange {
    var exchange = Exchange(combines: combines)
    if let downstream, step > 0 {
      exchange.send = Transfer(peer: Int(downstream), round: step - 1, layout: layout, start: step - 1)
    }
    if let upstream, step < layout.count {
      exchange.receive = Transfer(peer: Int(upstream), round: step, layout: layout, start: step)
    }
    return exchange
  }
}
