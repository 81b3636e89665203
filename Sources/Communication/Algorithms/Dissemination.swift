/// Barrier in ceil(log2 N) rounds of empty messages: in round `k` to rank + 2^k and from rank - 2^k.
///
/// Source: Hensgen, Finkel and Manber, Two algorithms for barrier synchronization, 1988; order of `gloo/barrier.cc`.
struct Dissemination: ExchangeSchedule {
  private let rank: Int32
  private let size: Int32

  init(rank: Int, size: Int) {
    self.rank = Int32(rank)
    self.size = Int32(size)
  }

  var layout: BlockLayout { .equal(0, count: 1) }
  var endStep: Int { Int(size).binaryDepth }
  var sendCompletion: SendCompletion { .afterCombining }

  func exchange(at step: Int) -> Exchange {
    let size = Int(size)
    let distance = 1 << step
    return Exchange(
      send: empty(peer: (Int(rank) + distance) % size, round: step),
      receive: empty(peer: (Int(rank) - distance + size) % size, round: step))
  }

  private func empty(peer: Int, round: Int) -> Transfer {
    Transfer(peer: peer, round: round, byteCount: 0, blocks: .run(start: 0, count: 0))
  }
}
