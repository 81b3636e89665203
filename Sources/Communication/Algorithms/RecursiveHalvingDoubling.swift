/// All-reduce by recursive halving, then doubling, and reduce-scatter by recursive halving.
///
/// Halving: partners at distance N/2, N/4, ..., 1 each give away the half of their blocks that the other one keeps.
/// Doubling retraces that. For a power of two, all-reduce takes 2 log2 N alpha + 2 (N - 1) / N S / B, reduce-scatter
/// half of it. Other sizes fold to a power of two first (``FoldedRanks``), for two more messages.
/// Source: Rabenseifner, Optimization of collective reduction operations, 2004; Thakur, Rabenseifner and Gropp 2005.
struct RecursiveHalvingDoubling: ExchangeSchedule {
  let layout: BlockLayout
  private let ranks: FoldedRanks
  private let gathers: Bool

  /// All-reduce of `byteCount` bytes.
  init(rank: Int, size: Int, byteCount: Int, elementByteCount: Int) {
    ranks = FoldedRanks(rank: rank, size: size)
    layout = .splitting(byteCount, into: 1 << ranks.depth, elementByteCount: elementByteCount)
    gathers = true
  }

  /// Reduce-scatter of one block for each member.
  init(rank: Int, size: Int, blocks: BlockLayout) {
    ranks = FoldedRanks(rank: rank, size: size)
    layout = blocks
    gathers = false
  }

  var firstStep: Int { ranks.folds ? 0 : 1 }
  private var lastUnfoldedStep: Int { Int(ranks.depth) * (gathers ? 2 : 1) }
  var endStep: Int { lastUnfoldedStep + (ranks.folds ? 2 : 1) }

  func exchange(at step: Int) -> Exchange {
    if step == 0 { return foldIn() }
    if step > lastUnfoldedStep { return foldOut(step: step) }
    if ranks.isAway { return .nothing }
    let depth = Int(ranks.depth)
    let isHalving = step <= depth
    let distance = 1 << (isHalving ? depth - step : step - depth - 1)
    let position = ranks.position
    let other = position ^ distance
    let own = position & -distance
    let others = other & -distance
    let peer = ranks.rank(at: other)
    return Exchange(
      send: transfer(peer: peer, step: step, group: isHalving ? others : own, length: distance),
      receive: transfer(peer: peer, step: step, group: isHalving ? own : others, length: distance),
      combines: isHalving)
  }

  private func transfer(peer: Int, step: Int, group: Int, length: Int) -> Transfer? {
    if gathers { return Transfer(peer: peer, round: step, layout: layout, start: group, count: length) }
    let start = ranks.firstBlock(of: group)
    let end = ranks.firstBlock(of: group + length)
    return Transfer(peer: peer, round: step, layout: layout, start: start, count: end - start)
  }

  private func foldIn() -> Exchange {
    guard let partner = ranks.partner else { return .nothing }
    let transfer = Transfer(peer: partner, round: 0, layout: layout, start: 0, count: layout.count)
    return ranks.isAway ? Exchange(send: transfer) : Exchange(receive: transfer, combines: true)
  }

  private func foldOut(step: Int) -> Exchange {
    guard let partner = ranks.partner else { return .nothing }
    let away = ranks.isAway ? Int(ranks.rank) : partner
    let transfer = Transfer(
      peer: partner, round: step, layout: layout, start: gathers ? 0 : away, count: gathers ? layout.count : 1)
    return ranks.isAway ? Exchange(receive: transfer) : Exchange(send: transfer)
  }
}
