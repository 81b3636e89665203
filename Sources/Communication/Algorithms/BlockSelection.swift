/// Which blocks of a collective's data a message carries.
///
/// Blocks are numbered in one space that all members share. All-reduce, reduce, broadcast: the parts that the
/// algorithm cuts the buffer into. All-gather, gather, scatter, reduce-scatter: block `i` is member `i`'s.
/// All-to-all: block `i * size + j` goes from member `i` to member `j`.
public enum BlockSelection: Hashable, Sendable {
  /// `count` blocks from `start` on, going on with block 0 after the last one.
  case run(start: Int, count: Int)
  /// What `holder` sends at step `bit` of Bruck's all-to-all: of each distance `j` in `1..<size` that has this bit set,
  /// the block at that distance that has come to `holder` so far.
  case distances(holder: Int, bit: Int)
}
