/// Which rounds of a collective have arrived at a member.
///
/// Most arrive in order and are counted; up to 64 that came too early are bits, others a set. So a tracker is three
/// words, whatever the number of rounds.
struct RoundTracker {
  /// Bit `i`: round `inOrder + i` has arrived.
  private var early: UInt64 = 0
  private var beyond: Set<Int32>?
  /// All rounds below have arrived.
  private var inOrder: Int32 = 0

  mutating func insert(_ round: Int32) {
    if round == inOrder && early == 0 && beyond == nil {
      inOrder += 1
      return
    }
    let offset = round - inOrder
    if offset < 64 {
      early |= 1 << UInt64(offset)
      closeGaps()
    } else {
      beyond = (beyond ?? []).union([round])
    }
  }

  @inline(__always)
  func contains(_ round: Int32) -> Bool {
    if round < inOrder { return true }
    let offset = round - inOrder
    if offset < 64 { return early & (1 << UInt64(offset)) != 0 }
    return beyond?.contains(round) ?? false
  }

  private mutating func closeGaps() {
    while early & 1 != 0 {
      early >>= 1
      inOrder += 1
      if let rounds = beyond, rounds.contains(inOrder + 63) {
        early |= 1 << 63
        beyond = rounds.count == 1 ? nil : rounds.subtracting([inOrder + 63])
      }
    }
  }
}
