/// All-reduce and all-gather in which partners at distance 1, 2, 4, ... exchange all they have.
///
/// For a power of two, all-reduce takes log2 N (alpha + S / B) and all-gather of blocks of b bytes log2 N alpha + (N -
/// 1) b / B. Other sizes fold to a power of two first (``FoldedRanks``), for two more messages.
/// Source: Thakur, Rabenseifner and Gropp 2005.
struct RecursiveDoubling: ExchangeSchedule {
  let layout: BlockLayout
  private let ranks: FoldedRanks
  private let reduces: Bool

  init(rank: Int, size: Int, reduces: Bool, layout: BlockLayout) {
    self.layout = layout
    self.reduces = reduces
    ranks = FoldedRanks(rank: rank, size: size)
  }

  var firstStep: Int { ranks.folds ? 0 : 1 }
  var endStep: Int { Int(ranks.depth) + (ranks.folds ? 2 : 1) }
  var sendCompletion: SendCompletion { reduces ? .beforeCombining : .atEnd }

  func exchange(at step: Int) -> Exchange {
    if step == 0 { return foldIn() }
    if step > Int(ranks.depth) { return foldOut(step: step) }
    if ranks.isAway { return .nothing }
    let distance = 1 << (step - 1)
    let position = ranks.position
    let other = position ^ distance
    let peer = ranks.rank(at: other)
    return Exchange(
      send: transfer(peer: peer, step: step, group: position & -distance, length: distance),
      receive: transfer(peer: peer, step: step, group: other & -distance, length: distance),
      combines: reduces)
  }

  private func transfer(peer: Int, step: Int, group: Int, length: Int) -> Transfer? {
    if reduces { return Transfer(peer: peer, round: step, layout: layout, start: 0) }
    let start = ranks.firstBlock(of: group)
    let end = ranks.firstBlock(of: group + length)
    return Transfer(peer: peer, round: step, layout: layout, start: start, count: end - start)
  }

  private func foldIn() -> Exchange {
    guard let partner = ranks.partner else { return .nothing }
    let block = reduces ? 0 : (ranks.isAway ? Int(ranks.rank) : partner)
    let transfer = Transfer(peer: partner, round: 0, layout: layout, start: block)
    return ranks.isAway ? Exchange(send: transfer) : Exchange(receive: transfer, combines: reduces)
  }

  private func foldOut(step: Int) -> Exchange {
    guard let partner = ranks.partner else { return .nothing }
    let away = ranks.isAway ? Int(ranks.rank) : partner
    // An all-gather sends all blocks but the one that the member away has contributed.
    let transfer =
      reduces
      ? Transfer(peer: partner, round: step, layout: layout, start: 0)
      : Transfer(peer: partner, round: step, layout: layout, start: away + 1, count: layout.count - 1)
    return ranks.isAway ? Exchange(receive: transfer) : Exchange(send: transfer)
  }
}
