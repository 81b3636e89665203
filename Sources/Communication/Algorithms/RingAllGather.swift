/// All-gather around a ring as gloo does it: to the right neighbour (rank + 1), the message handed over before the
/// receive is posted.
///
/// Equal blocks go in two halves with two in flight, 2 (N - 1) messages a member (`gloo/allgather.cc`); uneven ones
/// whole with one in flight, N - 1 messages (`gloo/allgatherv.cc`). Empty ones are not sent.
struct RingAllGather: ExchangeSchedule {
  let layout: BlockLayout
  private let rank: Int32
  private let size: Int32
  /// Messages for each block, and messages in flight.
  private let parts: Int32

  init(rank: Int, size: Int, blocks: BlockSizes) {
    self.rank = Int32(rank)
    self.size = Int32(size)
    switch blocks {
    case .equal(let byteCount):
      parts = 2
      layout = .parts(count: 2 * size, blockByteCount: byteCount, parts: 2)
    case .uneven(let sizes), .matrix(let sizes):
      parts = 1
      layout = .uneven(sizes)
    }
  }

  var endStep: Int { (Int(size) - 1) * Int(parts) }
  var window: Int { Int(parts) }
  var sendsFirst: Bool { true }
  var sendCompletion: SendCompletion { .afterCombining }

  func exchange(at step: Int) -> Exchange {
    let size = Int(size)
    let (hop, part) = step.quotientAndRemainder(dividingBy: Int(parts))
    let left = (Int(rank) + size - 1) % size
    let sent = (Int(rank) + size - hop) % size
    let received = (left + size - hop) % size
    return Exchange(
      send: Transfer(
        peer: (Int(rank) + 1) % size, round: step, layout: layout, start: sent * Int(parts) + part),
      receive: Transfer(peer: left, round: step, layout: layout, start: received * Int(parts) + part))
  }
}
