/// The blocks of a paged KV cache: which are free, which are used and by how many sequences, and which hold a known beginning
/// of a prompt.
///
/// A block that nobody uses any more keeps its content as long as no other block is free; those whose content has not been
/// used for longest are taken first (LRU). All operations are O(1).
public struct BlockPool: Sendable {
  /// How many blocks there are.
  public let capacity: Int
  /// Blocks that some sequence uses.
  public private(set) var usedCount = 0

  private static let none: Int32 = -1
  /// Of each block that has ever been used: how many sequences use it.
  private var references: [Int32] = []
  /// Its content, where that is known.
  private var contents: [UInt64?] = []
  /// Its neighbours in the list of blocks that nobody uses but whose content is known, the least recently used first.
  private var previous: [Int32] = []
  private var next: [Int32] = []
  private var oldest = none
  private var newest = none
  /// Blocks that nobody uses and whose content is of no use.
  private var empty: [Int32] = []
  private var blocks: [UInt64: Int32] = [:]

  /// A pool of free blocks.
  public init(capacity: Int) { self.capacity = min(capacity, Int(Int32.max)) }

  /// Blocks that no sequence uses.
  public var freeCount: Int { capacity - usedCount }

  /// A free block for one sequence; `nil` where none is left.
  public mutating func allocate() -> Int32? {
    let block: Int32
    if let known = empty.popLast() {
      block = known
    } else if references.count < capacity {
      block = Int32(references.count)
      references.append(0)
      contents.append(nil)
      previous.append(Self.none)
      next.append(Self.none)
    } else if oldest != Self.none {
      block = oldest
      unlink(block)
      forgetContent(of: block)
    } else {
      return nil
    }
    references[Int(block)] = 1
    usedCount += 1
    return block
  }

  /// The block of a content, if there is one.
  public func block(holding content: UInt64) -> Int32? { blocks[content] }

  /// Whether a block is free, so that using it takes one from the free ones.
  public func isFree(_ block: Int32) -> Bool { references[Int(block)] == 0 }

  /// One more sequence uses a block.
  public mutating func retain(_ block: Int32) {
    if references[Int(block)] == 0 {
      unlink(block)
      usedCount += 1
    }
    references[Int(block)] += 1
  }

  /// One sequence fewer uses a block.
  public mutating func release(_ block: Int32) {
    precondition(references[Int(block)] > 0, "block \(block) is released more often than it is used")
    references[Int(block)] -= 1
    guard references[Int(block)] == 0 else { return }
    usedCount -= 1
    if contents[Int(block)] == nil { empty.append(block) } else { append(block) }
  }

  /// Notes what a used block holds. Where another block holds the same already, that one stays the one to be found.
  public mutating func setContent(_ content: UInt64, of block: Int32) {
    guard contents[Int(block)] == nil, blocks[content] == nil else { return }
    contents[Int(block)] = content
    blocks[content] = block
  }

  private mutating func forgetContent(of block: Int32) {
    if let content = contents[Int(block)] { blocks[content] = nil }
    contents[Int(block)] = nil
  }

  private mutating func append(_ block: Int32) {
    previous[Int(block)] = newest
    next[Int(block)] = Self.none
    if newest == Self.none { oldest = block } else { next[Int(newest)] = block }
    newest = block
  }

  private mutating func unlink(_ block: Int32) {
    let (before, after) = (previous[Int(block)], next[Int(block)])
    if before == Self.none { oldest = after } else { next[Int(before)] = after }
    if after == Self.none { newest = before } else { previous[Int(after)] = before }
  }

  /// Whether used, empty, remembered and untouched blocks add up to all, and each is in one place only. O(blocks).
  public var addsUp: Bool {
    var seen = Set(empty)
    var block = oldest
    var remembered = 0
    while block != Self.none {
      guard seen.insert(block).inserted, contents[Int(block)] != nil else { return false }
      remembered += 1
      block = next[Int(block)]
    }
    let used = references.indices.filter { references[$0] > 0 }
    guard used.allSatisfy({ seen.insert(Int32($0)).inserted }), used.count == usedCount else { return false }
    return seen.count == references.count && empty.count + remembered + used.count == references.count
      && blocks.allSatisfy { contents[Int($0.value)] == $0.key }
  }
}
