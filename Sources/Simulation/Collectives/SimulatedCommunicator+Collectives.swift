import Communication
import SimulationKernel

/// Collectives: timing by the algorithms' messages, values from the members' contributions.
///
/// A member that ends has received, through those messages, what everybody it depends on has contributed, so the values
/// may be taken from the contributions themselves.
extension SimulatedCommunicator {
  func startAllReduce<P: Payload>(_ payload: P, _ reduction: ReductionOperator, at location: SourceLocation) throws
    -> Work<P>
  {
    try begin(
      .allReduce, .equal(payload.byteCount), like: payload, reduction, contributing: payload.message, at: location
    ) {
      execution in execution.shared { P.reducing(execution.contributed(as: P.self), with: reduction) }
    }
  }

  func startAllGather<P: Payload>(_ payload: P, counts: [Int]?, at location: SourceLocation) throws -> Work<[P]> {
    try checkCount(payload.elementCount, of: "allGather", counts: counts, at: location)
    return try begin(
      .allGather, blocks(payload, counts), like: payload, contributing: payload.message, at: location
    ) {
      [size] execution in execution.blocks(of: size, like: payload)
    }
  }

  func startReduceScatter<P: Payload>(
    _ payload: P, _ reduction: ReductionOperator, counts: [Int]?, at location: SourceLocation
  ) throws -> Work<P> {
    let counts = try reduceScatterCounts(payload, counts, at: location)
    let start = counts[..<rank].reduce(0, +)
    let range = start..<(start + counts[rank])
    let sizes = counts.map { $0 * payload.elementByteCount }
    let blocks: BlockSizes = Set(sizes).count <= 1 ? .equal(sizes.first ?? 0) : .uneven(sizes)
    return try begin(.reduceScatter, blocks, like: payload, reduction, contributing: payload.message, at: location) {
      P.reducing($0.contributed(as: P.self).map { $0.elements(in: range) }, with: reduction)
    }
  }

  func startReduce<P: Payload>(_ payload: P, _ reduction: ReductionOperator, root: Int, at location: SourceLocation)
    throws -> Work<P?>
  {
    try check(root, is: "reduce", at: location)
    return try begin(
      .reduce, .equal(payload.byteCount), like: payload, reduction, root: root, contributing: payload.message,
      at: location
    ) {
      [rank] in rank == root ? P.reducing($0.contributed(as: P.self), with: reduction) : nil
    }
  }

  func startBroadcast<P: Payload>(_ payload: P, root: Int, at location: SourceLocation) throws -> Work<P> {
    try check(root, is: "broadcast", at: location)
    return try begin(
      .broadcast, .equal(payload.byteCount), like: payload, root: root, contributing: payload.message, at: location
    ) {
      [rank] in rank == root ? payload : $0.contribution(of: root, as: P.self) ?? payload
    }
  }

  func startGather<P: Payload>(_ payload: P, root: Int, at location: SourceLocation) throws -> Work<[P]?> {
    try check(root, is: "gather", at: location)
    return try begin(
      .gather, .equal(payload.byteCount), like: payload, root: root, contributing: payload.message, at: location
    ) {
      [rank, size] execution in rank == root ? execution.blocks(of: size, like: payload) : nil
    }
  }

  func startScatter<P: Payload>(_ payloads: [P]?, like template: P, root: Int, at location: SourceLocation) throws
    -> Work<P>
  {
    try check(root, is: "scatter", at: location)
    try checkScatter(payloads, like: template, root: root, at: location)
    return try begin(
      .scatter, .equal(template.byteCount), like: template, root: root, contributing: payloads?.map(\.message),
      at: location
    ) {
      [rank] in $0.contribution(of: root, as: [P]?.self)??[rank] ?? template
    }
  }

  func startAllToAll<P: Payload>(_ payloads: [P], receiveCounts: [Int]?, at location: SourceLocation) throws
    -> Work<[P]>
  {
    let own = try checkAllToAll(payloads, receiveCounts, at: location)
    let blocks = try allToAllBlocks(payloads, receiveCounts, at: location)
    return try begin(.allToAll, blocks, like: own, contributing: payloads.map(\.message), at: location) {
      [rank, size] execution in
      (0..<size).map { member in execution.contribution(of: member, as: [P].self)?[rank] ?? own.elements(in: 0..<0) }
    }
  }

  func startBarrier(at location: SourceLocation) throws -> Work<Void> {
    let call = CollectiveCall(
      rank: process.id,
      shape: CollectiveShape(operation: .barrier, size: size, blocks: .equal(0)), reduction: nil, elementName: "",
      byteCount: 0, location: location)
    return try work(joining: call, contributing: (), at: location) { _ in }
  }

  // MARK: Joining

  private func begin<P: Payload, R: Sendable>(
    _ operation: CollectiveOperation, _ blocks: BlockSizes, like payload: P, _ reduction: ReductionOperator? = nil,
    root: Int = 0, contributing contribution: any Sendable, at location: SourceLocation,
    result: @escaping @Sendable (CollectiveExecution) throws -> R
  ) throws -> Work<R> {
    let call = CollectiveCall(
      rank: process.id,
      shape: CollectiveShape(
        operation: operation, size: size, root: root, elementByteCount: payload.elementByteCount, blocks: blocks),
      reduction: reduction, elementName: payload.elementName, byteCount: payload.byteCount, location: location)
    return try work(joining: call, contributing: contribution, at: location, result: result)
  }

  private func work<R: Sendable>(
    joining call: CollectiveCall, contributing contribution: any Sendable, at location: SourceLocation,
    result: @escaping @Sendable (CollectiveExecution) throws -> R
  ) throws -> Work<R> {
    try note(location)
    callLibrary()
    let execution = try group.join(rank, call: call, contribution: contribution, process: process)
    return Work(execution, member: rank) { try result(execution) }
  }
}

extension CollectiveExecution {
  /// Every member's payload. One that has not joined when another one ends has nothing to give, since empty blocks are
  /// not waited for.
  fileprivate func blocks<P: Payload>(of size: Int, like payload: P) -> [P] {
    (0..<size).map { contribution(of: $0, as: P.self) ?? payload.elements(in: 0..<0) }
  }
}
