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
  var sendCompletion: SendCompletion { isOneShot ? .afterCombining : .atEnd }

  /// One shot: receives, then sends. Two shots: exchanges of the first one, as many steps without messages, in which it ends,
  /// and exchanges of the second one.
  var endStep: Int { (isOneShot ? 2 : 3) * others }
  var endIteration: Int { 4 * others }

  /// In one shot all sends end before anything is combined, for that overwrites what they send.
  func stepEnding(in iteration: Int) -> Int {
    let phase = iteration / max(1, others)
    if isOneShot { return phase == 2 ? iteration - others : phase == 3 ? iteration - 3 * others : -1 }
    return phase % 2 == 1 ? iteration - others : -1
  }

  func exchange(at step: Int) -> Exchange {
    let size = Int(size)
    let rank = Int(rank)
    let (phase, index) = step.quotientAndRemainder(dividingBy: others)
    let to = (rank + 1 + index) % size
    let from = (rank + size - 1 - index) % size
    func transfer(with peer: Int, round: Int, block: Int) -> Transfer? {
      Transfer(peer: peer, round: round, layout: layout, start: block)
    }
    switch (isOneShot, phase) {
    case (true, 0): return Exchange(receive: transfer(with: from, round: index, block: 0), combines: true)
    case (true, _): return Exchange(send: transfer(with: to, round: index, block: 0))
    case (false, 0):
      return Exchange(
        send: transfer(with: to, round: step, block: to), receive: transfer(with: from, round: step, block: rank),
        combines: true)
    case (false, 1): return .nothing
    case (false, _):
      return Exchange(
        send: transfer(with: to, round: step, block: rank), receive: transfer(with: from, round: step, block: from))
    }
  }
}
