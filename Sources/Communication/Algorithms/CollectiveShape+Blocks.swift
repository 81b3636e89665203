extension CollectiveShape {
  /// Bytes of the one size that all blocks have.
  func equalByteCount(_ plan: CollectivePlan) throws(CollectiveError) -> Int {
    guard case .equal(let byteCount) = blocks else { throw .needsEqualBlocks(plan.algorithm, for: operation) }
    return byteCount
  }

  /// One block for each member, as in all-gather, reduce-scatter, gather and scatter.
  var memberBlocks: BlockLayout {
    switch blocks {
    case .equal(let byteCount): .equal(byteCount, count: size)
    case .uneven(let sizes), .matrix(let sizes): .uneven(sizes)
    }
  }

  /// - Throws: when sizes, root or rank are out of range or do not fit the operation.
  func validate(rank: Int) throws(CollectiveError) {
    func refuse(_ reason: String) -> CollectiveError { .invalidShape(operation, reason: reason) }
    guard size >= 1, size <= Int32.max / 4 else { throw refuse("a group of \(size) members; there must be 1 or more") }
    guard (0..<size).contains(rank) else { throw refuse("rank \(rank) is outside 0..<\(size)") }
    guard (0..<size).contains(root) else { throw refuse("root \(root) is outside 0..<\(size)") }
    guard elementByteCount >= 1 else { throw refuse("elements of \(elementByteCount) bytes; there must be 1 or more") }
    switch (blocks, operation) {
    case (.equal(let byteCount), _):
      if byteCount < 0 { throw refuse("a block of \(byteCount) bytes; it cannot be negative") }
      if byteCount % elementByteCount != 0 {
        throw refuse("a block of \(byteCount) bytes is not a whole number of \(elementByteCount)-byte elements")
      }
      if operation == .barrier, byteCount != 0 { throw refuse("it carries no data, but has \(byteCount) bytes") }
    case (.uneven(let sizes), .allGather), (.uneven(let sizes), .reduceScatter), (.uneven(let sizes), .gather),
      (.uneven(let sizes), .scatter):
      if sizes.count != size { throw refuse("\(sizes.count) block sizes for \(size) members") }
      if sizes[rank] < 0 { throw refuse("block \(rank) has \(sizes[rank]) bytes; it cannot be negative") }
    case (.matrix(let sizes), .allToAll):
      if sizes.count != size * size {
        throw refuse("\(sizes.count) block sizes for \(size) x \(size) = \(size * size) pairs of members")
      }
      let row = sizes[(rank * size)..<((rank + 1) * size)]
      if let negative = row.first(where: { $0 < 0 }) {
        throw refuse("member \(rank) sends \(negative) bytes; it cannot be negative")
      }
    case (.uneven, _): throw refuse("uneven blocks need all-gather, reduce-scatter, gather or scatter")
    case (.matrix, _): throw refuse("a matrix of block sizes needs all-to-all")
    }
  }
}

extension CollectivePlan {
  /// Bytes that `rank` copies before its first and after its last message.
  func copyByteCounts(of shape: CollectiveShape, rank: Int) -> (leading: Int, trailing: Int) {
    guard copiesBuffers else { return (0, 0) }
    let blocks = shape.memberBlocks
    switch shape.operation {
    case .allGather: return (blocks.byteCount(rank), blocks.prefix(shape.size))
    case .reduceScatter: return (blocks.prefix(shape.size), blocks.byteCount(rank))
    case .allReduce, .reduce, .broadcast, .gather, .scatter, .allToAll, .barrier: return (0, 0)
    }
  }
}
