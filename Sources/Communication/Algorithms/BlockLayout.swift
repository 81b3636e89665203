/// The sizes of the blocks that an algorithm sends, in bytes.
enum BlockLayout: Sendable {
  /// The first few blocks have one element more than the others.
  case even(EvenBlocks)
  /// A buffer cut from the front into equal segments; the last ones may be short or empty.
  case segments(count: Int, byteCount: Int, total: Int)
  /// Equal blocks, each cut into so many parts; later ones are longer by a byte where the size is no multiple.
  case parts(count: Int, blockByteCount: Int, parts: Int)
  /// Each block has its own size.
  case uneven([Int])

  /// `total` bytes cut into `count` blocks as equal as whole elements allow.
  static func splitting(_ total: Int, into count: Int, elementByteCount: Int) -> BlockLayout {
    .even(EvenBlocks(splitting: total, into: count, elementByteCount: elementByteCount))
  }

  /// `count` blocks of `byteCount` bytes.
  static func equal(_ byteCount: Int, count: Int) -> BlockLayout {
    .even(EvenBlocks(count: count, byteCount: byteCount, largerCount: 0, elementByteCount: 0))
  }

  var count: Int {
    switch self {
    case .even(let blocks): blocks.count
    case .segments(let count, _, _), .parts(let count, _, _): count
    case .uneven(let sizes): sizes.count
    }
  }

  /// Bytes of block `index`.
  func byteCount(_ index: Int) -> Int {
    switch self {
    case .even(let blocks): return blocks.byteCount(index)
    case .segments(_, let byteCount, let total): return max(0, min(byteCount, total - index * byteCount))
    case .parts(_, let byteCount, let parts):
      return Self.end(of: index % parts, byteCount, parts)
        - Self.end(of: index % parts - 1, byteCount, parts)
    case .uneven(let sizes): return sizes[index]
    }
  }

  /// Bytes of the blocks before `index`. O(`index`) for uneven blocks, otherwise O(1).
  func prefix(_ index: Int) -> Int {
    switch self {
    case .even(let blocks): return blocks.prefix(index)
    case .segments(_, let byteCount, let total): return min(total, index * byteCount)
    case .parts(_, let byteCount, let parts):
      return index / parts * byteCount + Self.end(of: index % parts - 1, byteCount, parts)
    case .uneven(let sizes): return sizes[..<index].reduce(0, +)
    }
  }

  /// Bytes of a block's parts up to and including one.
  private static func end(of part: Int, _ byteCount: Int, _ parts: Int) -> Int {
    let (quotient, remainder) = byteCount.quotientAndRemainder(dividingBy: parts)
    return (part + 1) * quotient + max(0, part + 1 - (parts - remainder))
  }

  /// Bytes of `length` blocks from `start` on, going on with block 0 after the last one.
  func byteCount(start: Int, length: Int) -> Int {
    if length == 1 { return byteCount(start) }
    let overrun = start + length - count
    if overrun <= 0 { return prefix(start + length) - prefix(start) }
    return prefix(count) - prefix(start) + prefix(overrun)
  }

  /// Bytes of blocks `start`, `start + stride`, and so on. O(`length`) for uneven blocks.
  func byteCount(start: Int, stride: Int, length: Int) -> Int {
    if case .even(let blocks) = self { return blocks.byteCount(start: start, stride: stride, length: length) }
    return (0..<length).reduce(0) { $0 + byteCount(start + $1 * stride) }
  }
}

/// Blocks of which the first `largerCount` have one element more than the others.
struct EvenBlocks: Sendable {
  private let smallerByteCount: Int
  private let elementByteCount: Int
  private let largerCount: Int32
  private let blockCount: Int32

  init(count: Int, byteCount: Int, largerCount: Int, elementByteCount: Int) {
    smallerByteCount = byteCount
    self.elementByteCount = elementByteCount
    self.largerCount = Int32(largerCount)
    blockCount = Int32(clamping: count)
  }

  init(splitting total: Int, into count: Int, elementByteCount: Int) {
    let (quotient, remainder) = (total / elementByteCount).quotientAndRemainder(dividingBy: count)
    self.init(
      count: count, byteCount: quotient * elementByteCount, largerCount: remainder, elementByteCount: elementByteCount)
  }

  var count: Int { Int(blockCount) }

  func byteCount(_ index: Int) -> Int {
    smallerByteCount &+ (index < Int(largerCount) ? elementByteCount : 0)
  }

  func prefix(_ index: Int) -> Int {
    index * smallerByteCount + min(index, Int(largerCount)) * elementByteCount
  }

  func byteCount(start: Int, stride: Int, length: Int) -> Int {
    let larger = min(length, max(0, (Int(largerCount) - start + stride - 1) / stride))
    return length * smallerByteCount + larger * elementByteCount
  }
}
