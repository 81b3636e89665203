import Communication

/// What each member has before and after a collective, written straight from the operation's definition.
struct CollectiveExpectation {
  let shape: CollectiveShape

  /// Bytes of each block in the space that all members share.
  private var blocks: [Int] {
    switch shape.blocks {
    case .uneven(let sizes), .matrix(let sizes): sizes
    case .equal(let byteCount):
      switch shape.operation {
      case .allReduce, .reduce, .broadcast, .barrier: [byteCount]
      case .allGather, .reduceScatter, .gather, .scatter: Array(repeating: byteCount, count: shape.size)
      case .allToAll: Array(repeating: byteCount, count: shape.size * shape.size)
      }
    }
  }

  private func range(ofBlock block: Int) -> Range<Int> {
    let start = blocks[..<block].reduce(0, +)
    return start..<(start + blocks[block])
  }

  private func fingerprint(_ rank: Int, _ position: Int) -> UInt64 {
    SeededGenerator.mix(SeededGenerator.mix(UInt64(rank) &+ 1) &+ UInt64(position))
  }

  private func contribution(_ rank: Int, _ range: Range<Int>) -> [UInt64] { range.map { fingerprint(rank, $0) } }

  private func sum(_ range: Range<Int>) -> [UInt64] {
    range.map { position in (0..<shape.size).reduce(0) { $0 &+ fingerprint($1, position) } }
  }

  func initialCells(_ rank: Int) -> [UInt64] {
    // What a member does not have is garbage that equals no contribution.
    let total = blocks.reduce(0, +)
    var cells = (0..<total).map { fingerprint(rank + 1_000_000, $0) }
    for range in initialRanges(rank) { cells.replaceSubrange(range, with: contribution(rank, range)) }
    return cells
  }

  private func initialRanges(_ rank: Int) -> [Range<Int>] {
    let total = blocks.reduce(0, +)
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
    let total = 0..<blocks.reduce(0, +)
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
