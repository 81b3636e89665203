/// All-reduce without relaying: everybody sends straight to everybody.
///
/// One shot sends the whole buffer to all others, (N - 1) S bytes a member in one message time. Two shots send each
/// member its block, then each member its combined block to all others: 2 (N - 1) / N S bytes in two. Engines have both for
/// small messages over NVLink (vLLM, `csrc/custom_all_reduce.cuh`); a switch that reduces and multicasts (NVLS) does the
/// same two steps with fewer bytes.
struct DirectAllReduce: ExchangeSchedule {
  let layout: BlockLayout
  private let rank: Int32
  private let size: Int32

  /// - Parameter layout: one block for one shot, one for each member for two shots.
  init(rank: Int, size: Int, layout: BlockLayout) {
    self.layout = layout
    self.rank = Int32(rank)
    self.size = Int32(size)
  }

  private var others: Int { Int(size) - 1 }
  private var isOneShot: Bool { layout.count == 1 }

  var sendsFirst: Bool { true }
  /// Between the two shots stand as many steps without messages, in which the first one ends.
  var endStep: Int { isOneShot ? others : 3 * others }
  var endIteration: Int { endStep + others }

  func stepEnding(in iteration: Int) -> Int {
    (iteration / max(1, others)) % 2 == 1 ? iteration - others : -1
  }

  func exchange(at step: Int) -> Exchange {
    let size = Int(size)
    let rank = Int(rank)
    let (phase, index) = step.quotientAndRemainder(dividingBy: others)
    if phase == 1 { return .nothing }
    let to = (rank + 1 + index) % size
    let from = (rank + size - 1 - index) % size
    let isFirst = phase == 0
    return Exchange(
      send: Transfer(peer: to, round: step, layout: layout, start: isOneShot ? 0 : isFirst ? to : rank),
      receive: Transfer(peer: from, round: step, layout: layout, start: isOneShot ? 0 : isFirst ? rank : from),
      combines: isFirst)
  }
}
