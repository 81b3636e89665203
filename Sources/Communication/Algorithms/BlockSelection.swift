/// Which blocks of a collective's data a message carries.
///
/// Blocks are numbered in one space that all members share. All-reduce, reduce, broadcast: the parts that the
/// algorithm cuts the buffer into. All-gather, gather, scatter, reduce-scatter: block `i` is member `i`'s.
/// All-to-all: block `i * size + j` goes from member `i` to member `j`.
enum BlockSelection: Hashable, Sendable {
  /// `count` blocks from `start` on, going on with block 0 after the last one.
  case run(start: Int, count: Int)
  /// Blocks `start`, `start + stride`, and so on.
  case strided(start: Int, stride: Int, count: Int)
  /// What `holder` sends at step `bit` of Bruck's all-to-all among `size` members: of each distance in `1..<size` that
  /// has this bit set, the block going that far that has come to `holder` by now.
  case distances(holder: Int, bit: Int, size: Int)

  /// Blocks of a buffer of `blockCount` blocks, in the order in which they are sent.
  func indices(blockCount: Int) -> [Int] {
    switch self {
    case .run(let start, let count):
      return (0..<count).map { (start + $0) % blockCount }
    case .strided(let start, let stride, let count):
      return (0..<count).map { start + $0 * stride }
    case .distances(let holder, let bit, let size):
      return (1..<size).filter { $0 >> bit & 1 == 1 }.map { distance in
        let travelled = distance & (1 << bit - 1)
        let source = (holder - travelled + size) % size
        return source * size + (source + distance) % size
      }
    }
  }
}
