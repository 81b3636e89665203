/// One message as its sender or its receiver sees it.
struct Transfer: Sendable {
  /// The other side's rank.
  let peer: Int
  /// Numbers the messages that the receiver gets in this collective.
  let round: Int
  let byteCount: Int
  /// What is in it.
  let blocks: BlockSelection

  init(peer: Int, round: Int, byteCount: Int, blocks: BlockSelection) {
    self.peer = peer
    self.round = round
    self.byteCount = byteCount
    self.blocks = blocks
  }

  /// A run of blocks; `nil` where it is empty, for no message is sent then.
  @inline(__always)
  init?(peer: Int, round: Int, layout: BlockLayout, start: Int, count: Int = 1) {
    let byteCount = layout.byteCount(start: start, length: count)
    if byteCount == 0 { return nil }
    self.init(peer: peer, round: round, byteCount: byteCount, blocks: .run(start: start, count: count))
  }

  /// Blocks at equal distances; `nil` where they are empty.
  init?(peer: Int, round: Int, layout: BlockLayout, start: Int, stride: Int, count: Int) {
    let byteCount = layout.byteCount(start: start, stride: stride, length: count)
    if byteCount == 0 { return nil }
    self.init(
      peer: peer, round: round, byteCount: byteCount, blocks: .strided(start: start, stride: stride, count: count))
  }
}

/// One step of an algorithm: at most one message out and one in.
struct Exchange: Sendable {
  var send: Transfer?
  var receive: Transfer?
  /// Whether what is received is combined with the own blocks rather than stored in their place.
  var combines = false

  static let nothing = Exchange()
}
