import HeapModule

/// The merges of a byte pair encoding (Sennrich et al., "Neural Machine Translation of Rare Words with Subword Units",
/// 2016): as long as any neighbours are a known pair, the earliest-learnt pair is joined, the leftmost one first.
struct BytePairMerges: Sendable {
  private struct Pair: Hashable {
    let left: Int
    let right: Int
  }

  private struct Merge {
    let rank: Int
    let merged: Int
  }

  private struct Candidate: Comparable {
    let rank: Int
    let position: Int
    let pair: Pair

    static func < (left: Candidate, right: Candidate) -> Bool {
      (left.rank, left.position) < (right.rank, right.position)
    }
  }

  private let merges: [Pair: Merge]

  /// - Parameter merges: left, right and joined tokens, the earliest-learnt first.
  init(_ merges: [(left: Int, right: Int, merged: Int)]) {
    var table: [Pair: Merge] = [:]
    table.reserveCapacity(merges.count)
    for (rank, merge) in merges.enumerated() {
      let pair = Pair(left: merge.left, right: merge.right)
      if table[pair] == nil { table[pair] = Merge(rank: rank, merged: merge.merged) }
    }
    self.merges = table
  }

  /// The tokens that a word's smallest tokens become. Takes O(n log n) time for n of them.
  func apply(to word: [Int]) -> [Int] {
    guard word.count > 1 else { return word }
    // Joined neighbours leave a hole at the right one's place; `previous` and `next` lead over the holes.
    var tokens: [Int?] = word
    var previous = word.indices.map { $0 - 1 }
    var next = word.indices.map { $0 + 1 }
    var candidates = Heap<Candidate>()
    func candidate(at position: Int) -> Candidate? {
      guard position >= 0, let left = tokens[position], next[position] < tokens.count,
        let right = tokens[next[position]]
      else { return nil }
      let pair = Pair(left: left, right: right)
      return merges[pair].map { Candidate(rank: $0.rank, position: position, pair: pair) }
    }
    for position in word.indices { if let found = candidate(at: position) { candidates.insert(found) } }
    while let best = candidates.popMin() {
      let position = best.position
      // A candidate whose tokens have been joined with others meanwhile is not one any more.
      guard let merge = merges[best.pair], candidate(at: position)?.pair == best.pair else { continue }
      let right = next[position]
      tokens[position] = merge.merged
      tokens[right] = nil
      next[position] = next[right]
      if next[right] < tokens.count { previous[next[right]] = position }
      for place in [previous[position], position] {
        if let found = candidate(at: place) { candidates.insert(found) }
      }
    }
    return tokens.compactMap(\.self)
  }
}
