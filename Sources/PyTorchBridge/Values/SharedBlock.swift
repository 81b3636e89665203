/// Values that a rank has put into shared memory. The rank may use the memory again once nobody refers to the block.
///
/// Sendable without checks because blocks are made, referred to and let go only on the engine's thread.
final class SharedBlock: @unchecked Sendable {
  let owner: RankLink
  let place: BlockPlace

  init(owner: RankLink, place: BlockPlace) {
    self.owner = owner
    self.place = place
  }

  deinit { owner.release(block: place.id) }
}

/// Consecutive bytes of a block.
struct Piece: Sendable {
  let block: SharedBlock
  let offset: Int
  let byteCount: Int

  /// Writes where the piece is, as a rank needs to know it.
  func write(to frame: inout FrameWriter) {
    frame.integer(block.owner.number)
    frame.integer(block.place.segment)
    frame.integer(block.place.offset + UInt64(offset))
    frame.integer(UInt64(byteCount))
  }
}
