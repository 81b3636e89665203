/// What every implementation checks of a call before it starts anything.
extension Communicator {
  /// - Throws: unless `other` is a member's rank.
  package func check(_ other: Int, is operation: String, at location: SourceLocation) throws {
    guard (0..<size).contains(other) else {
      throw CommunicationError(
        operation: operation, location: location,
        reason: "rank \(other) is not in group \(name), whose ranks are 0 to \(size - 1)")
    }
  }

  /// This member's position in a subgroup.
  package func checkSubgroup(_ ranks: [Int], at location: SourceLocation) throws -> Int {
    for member in ranks { try check(member, is: "subgroup", at: location) }
    guard Set(ranks).count == ranks.count else {
      throw CommunicationError(
        operation: "subgroup", location: location, reason: "its members \(ranks) must differ from each other")
    }
    guard let position = ranks.firstIndex(of: rank) else {
      throw CommunicationError(
        operation: "subgroup", location: location,
        reason: "rank \(rank) is not among its members \(ranks); only members call it")
    }
    return position
  }

  /// Each member's block of a reduce-scatter, in elements.
  package func reduceScatterCounts<P: Payload>(_ payload: P, _ counts: [Int]?, at location: SourceLocation) throws
    -> [Int]
  {
    let counts = try counts ?? equalCounts(payload, operation: "reduceScatter", at: location)
    guard counts.count == size, counts.reduce(0, +) == payload.elementCount else {
      throw CommunicationError(
        operation: "reduceScatter", location: location,
        reason: "counts \(counts) must be \(size) numbers whose sum is the payload's \(payload.elementCount) elements")
    }
    return counts
  }

  /// - Throws: unless the root alone passes payloads, one for each rank, each of the template's size.
  package func checkScatter<P: Payload>(_ payloads: [P]?, like template: P, root: Int, at location: SourceLocation)
    throws
  {
    guard (payloads != nil) == (rank == root), payloads.map({ $0.count == size }) ?? true else {
      throw CommunicationError(
        operation: "scatter", location: location,
        reason: "the root passes \(size) payloads, one for each rank, and the others none")
    }
    if let odd = payloads?.first(where: { $0.byteCount != template.byteCount }) {
      throw CommunicationError(
        operation: "scatter", location: location,
        reason: "a payload has \(odd.byteCount) bytes; all must have the template's \(template.byteCount)")
    }
  }

  /// The first of the payloads, of which there must be one for each rank.
  package func checkAllToAll<P: Payload>(_ payloads: [P], _ receiveCounts: [Int]?, at location: SourceLocation) throws
    -> P
  {
    guard payloads.count == size, let own = payloads.first, receiveCounts.map({ $0.count == size }) ?? true else {
      throw CommunicationError(
        operation: "allToAll", location: location, reason: "there must be one payload (and one count) for each rank")
    }
    return own
  }

  package func blocks<P: Payload>(_ payload: P, _ counts: [Int]?) -> BlockSizes {
    guard let counts, Set(counts).count > 1 else { return .equal(payload.byteCount) }
    return .uneven(counts.map { $0 * payload.elementByteCount })
  }

  private func equalCounts<P: Payload>(_ payload: P, operation: String, at location: SourceLocation) throws -> [Int] {
    guard payload.elementCount % size == 0 else {
      throw CommunicationError(
        operation: operation, location: location,
        reason: """
          \(payload.elementCount) elements cannot be split evenly: \(payload.elementCount) % \(size) = \
          \(payload.elementCount % size), must be 0; or pass counts
          """)
    }
    return Array(repeating: payload.elementCount / size, count: size)
  }

  package func checkCount(_ elementCount: Int, of operation: String, counts: [Int]?, at location: SourceLocation) throws
  {
    guard let counts else { return }
    guard counts.count == size, counts[rank] == elementCount else {
      throw CommunicationError(
        operation: operation, location: location,
        reason:
          "counts \(counts) must have \(size) entries, and entry \(rank) must be the \(elementCount) elements passed")
    }
  }

  /// Without counts all blocks are equal. With them a member knows what it sends and what it receives, which is all that
  /// its part needs; the rest of the matrix is left at zero.
  package func allToAllBlocks<P: Payload>(_ payloads: [P], _ receiveCounts: [Int]?, at location: SourceLocation) throws
    -> BlockSizes
  {
    guard let receiveCounts else {
      let sizes = Set(payloads.map(\.byteCount))
      guard sizes.count == 1, let byteCount = sizes.first else {
        throw CommunicationError(
          operation: "allToAll", location: location,
          reason: "payloads differ in size (\(sizes.sorted()) bytes); pass receiveCounts on every rank")
      }
      return .equal(byteCount)
    }
    var matrix = Array(repeating: 0, count: size * size)
    for (peer, payload) in payloads.enumerated() {
      matrix[rank * size + peer] = payload.byteCount
      matrix[peer * size + rank] = receiveCounts[peer] * payload.elementByteCount
    }
    return .matrix(matrix)
  }
}
