extension CollectiveShape {
  /// Bytes of the one size that all blocks have.
  func equalByteCount(_ plan: CollectivePlan) throws(CollectiveError) -> Int {
    guard case .equal(let byteCount) = blocks else { throw .needsEqualBlocks(plan.algorithm, for: operation) }
    return byteCount
  }

  /// The blocks of an operation in which members' blocks keep their identity: one for each member, in an all-to-all one
  /// for each pair.
  var memberBlocks: BlockLayout {
    switch blocks {
    case .equal(let byteCount): .equal(byteCount, count: operation == .allToAll ? size * size : size)
    case .uneven(let sizes), .matrix(let sizes): .uneven(sizes)
    }
  }

  /// The buffer cut into one block for each member, or the members' own blocks.
  func oneBlockForEachMember(_ plan: CollectivePlan) throws(CollectiveError) -> BlockLayout {
    if operation != .allReduce { return memberBlocks }
    return .splitting(try equalByteCount(plan), into: size, elementByteCount: elementByteCount)
  }

  /// The same cut into a part for each of the plan's rings; `nil` where blocks differ in size.
  func oneBlockForEachMemberAndChannel(_ plan: CollectivePlan) throws(CollectiveError) -> BlockLayout? {
    guard case .equal(let byteCount) = blocks else { return nil }
    let count = size * plan.rings.count
    if operation == .allReduce { return .splitting(byteCount, into: count, elementByteCount: elementByteCount) }
    return .parts(count: count, blockByteCount: byteCount, parts: plan.rings.count)
  }

  /// The buffer as a single block, or the members' own blocks.
  func wholesOrBlocks(_ plan: CollectivePlan) throws(CollectiveError) -> BlockLayout {
    switch operation {
    case .allReduce, .reduce, .broadcast: .equal(try equalByteCount(plan), count: 1)
    case .allGather, .reduceScatter, .gather, .scatter, .allToAll, .barrier: memberBlocks
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
