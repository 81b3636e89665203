import Communication

/// What each member has before and after a collective, written straight from the operation's definition.
struct CollectiveExpectation {
  let shape: CollectiveShape

  /// Where each block of the space that all members share begins, and where the last one ends.
  private let starts: [Int]

  init(shape: CollectiveShape) {
    self.shape = shape
    let blocks: [Int]
    switch shape.blocks {
    case .uneven(let sizes), .matrix(let sizes): blocks = sizes
    case .equal(let byteCount):
      switch shape.operation {
      case .allReduce, .reduce, .broadcast, .barrier: blocks = [byteCount]
      case .allGather, .reduceScatter, .gather, .scatter: blocks = Array(repeating: byteCount, count: shape.size)
      case .allToAll: blocks = Array(repeating: byteCount, count: shape.size * shape.size)
      }
    }
    starts = blocks.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
  }

  private var total: Int { starts[starts.count - 1] }

  private func range(ofBlock block: Int) -> Range<Int> { starts[block]..<starts[block + 1] }

  private func fingerprint(_ rank: Int, _ position: Int) -> UInt64 {
    SeededGenerator.mix(SeededGenerator.mix(UInt64(rank) &+ 1) &+ UInt64(position))
  }

  private func contribution(_ rank: Int, _ range: Range<Int>) -> [UInt64] { range.map { fingerprint(rank, $0) } }

  private func sum(_ range: Range<Int>) -> [UInt64] {
    range.map { position in (0..<shape.size).reduce(0) { $0 &+ fingerprint($1, position) } }
  }

  func initialCells(_ rank: Int) -> [UInt64] {
    // What a member does not have is garbage that equals no contribution.
    var cells = (0..<total).map { fingerprint(rank + 1_000_000, $0) }
    for range in initialRanges(rank) { cells.replaceSubrange(range, with: contribution(rank, range)) }
    return cells
  }

  private func initialRanges(_ rank: Int) -> [Range<Int>] {
    switch shape.operation {
    case .allReduce, .reduceScatter, .reduce: return [0..<total]
    case .broadcast, .scatter: return rank == shape.root ? [0..<total] : []
    case .allGather, .gather: return [range(ofBlock: rank)]
    case .allToAll:
      return [range(ofBlock: rank * shape.size).lowerBound..<range(ofBlock: (rank + 1) * shape.size - 1).upperBound]
    case .barrier: return []
    }
  }

  func finalCells(_ rank: Int) -> [(Range<Int>, [UInt64])] {
    let total = 0..<total
    switch shape.operation {
    case .allReduce: return [(total, sum(total))]
    case .reduce: return rank == shape.root ? [(total, sum(total))] : []
    case .reduceScatter: return [(range(ofBlock: rank), sum(range(ofBlock: rank)))]
    case .broadcast: return [(total, contribution(shape.root, total))]
    case .scatter: return [(range(ofBlock: rank), contribution(shape.root, range(ofBlock: rank)))]
    case .gather where rank != shape.root: return []
    case .allGather, .gather:
      return (0..<shape.size).map { (range(ofBlock: $0), contribution($0, range(ofBlock: $0))) }
    case .allToAll:
      return (0..<shape.size).map { source in
        let range = range(ofBlock: source * shape.size + rank)
        return (range, contribution(source, range))
      }
    case .barrier: return []
    }
  }
}
