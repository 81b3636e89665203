/// How N members become a power of two: of the first 2 (N - 2^D) members, D = floor(log2 N), the even ones hand their
/// part to their odd neighbour before and get the result from it after.
///
/// Source: Thakur, Rabenseifner and Gropp 2005, section 4.5; Rabenseifner 2004.
struct FoldedRanks: Sendable {
  /// This member.
  let rank: Int32
  private let size: Int32
  /// Members that fold away.
  private let surplus: Int32
  /// floor(log2 N).
  let depth: Int32

  init(rank: Int, size: Int) {
    self.rank = Int32(rank)
    self.size = Int32(size)
    depth = Int32(Int.bitWidth - 1 - size.leadingZeroBitCount)
    surplus = Int32(size - 1 << depth)
  }

  var folds: Bool { surplus > 0 }

  /// The neighbour that this member folds into or takes the part of.
  var partner: Int? { rank < 2 * surplus ? Int(rank ^ 1) : nil }

  /// Whether this member folds away.
  var isAway: Bool { rank < 2 * surplus && rank & 1 == 0 }

  /// The member's number among the remaining ones.
  var position: Int { Int(rank < 2 * surplus ? rank >> 1 : rank - surplus) }

  /// The rank of remaining member `position`.
  func rank(at position: Int) -> Int {
    position < Int(surplus) ? 2 * position + 1 : position + Int(surplus)
  }

  /// The first block of those that remaining member `position` stands for, where each member has one.
  func firstBlock(of position: Int) -> Int {
    position < Int(surplus) ? 2 * position : position + Int(surplus)
  }
}
