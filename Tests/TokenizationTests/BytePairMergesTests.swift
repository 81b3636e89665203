import SimulationKernel
import Testing

@testable import Tokenization

/// Byte pair encoding against the rule done literally.
struct BytePairMergesTests {
  /// As long as there is one, join the leftmost of the pairs that were learnt earliest.
  private static func literally(_ word: [Int], _ merges: [(left: Int, right: Int, merged: Int)]) -> [Int] {
    var word = word
    while true {
      let found = merges.lazy.compactMap { merge in
        word.indices.dropLast().first { word[$0] == merge.left && word[$0 + 1] == merge.right }.map { (merge, $0) }
      }.first
      guard let (merge, place) = found else { return word }
      word.replaceSubrange(place...place + 1, with: [merge.merged])
    }
  }

  @Test("Random words under random merges become what the rule makes of them", arguments: UInt64(0)..<20)
  func random(seed: UInt64) {
    var random = RandomStream(seed: seed)
    var merges: [(left: Int, right: Int, merged: Int)] = []
    let letters = Int.random(in: 1...4, using: &random)
    for index in 0..<Int.random(in: 1...25, using: &random) {
      let known = letters + index
      merges.append(
        (Int.random(in: 0..<known, using: &random), Int.random(in: 0..<known, using: &random), known))
    }
    let table = BytePairMerges(merges)
    for _ in 0..<100 {
      let word = (0..<Int.random(in: 0...30, using: &random)).map { _ in Int.random(in: 0..<letters, using: &random) }
      #expect(table.apply(to: word) == Self.literally(word, merges), "\(word) under \(merges), seed \(seed)")
    }
  }
}
