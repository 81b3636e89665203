/// What a serving engine has a model compute in one iteration: chunks of prompts, and one more token of some sequences.
///
/// Two iterations of equal shapes ask the same of the devices. Prompts enter with their exact lengths. Decoding sequences
/// enter as their number and the sum of their contexts, from which attention's kernel gets the mean, in whole blocks of the
/// cache, as kernels for paged caches read it.
public struct BatchShape: Hashable, Sendable {
  /// Chunks of prompts that are alike.
  public struct Chunks: Hashable, Comparable, Sendable {
    /// Tokens computed of each.
    public var length: Int
    /// Tokens before them whose keys and values are cached.
    public var context: Int
    /// How many there are.
    public var count: Int

    /// Some chunks.
    public init(length: Int, context: Int, count: Int = 1) {
      self.length = length
      self.context = context
      self.count = count
    }

    /// Short before long, then little context before much.
    public static func < (left: Chunks, right: Chunks) -> Bool {
      (left.length, left.context, left.count) < (right.length, right.context, right.count)
    }
  }

  /// Chunks of prompts, alike ones together, in ascending order.
  public private(set) var chunks: [Chunks]
  /// Sequences that get one more token.
  public private(set) var decodingCount: Int
  /// Positions that each of them attends to, its own among them: the mean, rounded up to whole blocks.
  public private(set) var decodingContext: Int

  /// - Parameters:
  ///   - chunks: in any order.
  ///   - blockSum: the blocks that hold the positions that all decoding sequences attend to, each one's own among them.
  ///   - blockSize: positions of a block.
  public init(chunks: [Chunks] = [], decodingCount: Int = 0, blockSum: Int = 0, blockSize: Int = 1) {
    var counts: [Chunks: Int] = [:]
    for chunk in chunks { counts[Chunks(length: chunk.length, context: chunk.context), default: 0] += chunk.count }
    self.chunks = counts.map { Chunks(length: $0.key.length, context: $0.key.context, count: $0.value) }.sorted()
    self.decodingCount = decodingCount
    decodingContext = decodingCount > 0 ? (blockSum + decodingCount - 1) / decodingCount * blockSize : 0
  }

  /// Tokens that pass the layers.
  public var tokenCount: Int { chunks.reduce(decodingCount) { $0 + $1.count * $1.length } }

  /// Sequences that take part, each of which passes one position on to the output layer.
  public var sequenceCount: Int { chunks.reduce(decodingCount) { $0 + $1.count } }
}
