/// The waiting forms: each starts the operation and waits for it.
extension Communicator {
  /// Makes a group of the members at `ranks` of this one, in that order; only they call it.
  @inlinable @inline(__always)
  public func subgroup(_ ranks: [Int], name: String, fileID: StaticString = #fileID, line: UInt = #line) async throws
    -> any Communicator
  {
    try await subgroup(ranks, name: name, at: SourceLocation(fileID: fileID, line: line))
  }

  /// Sends a payload and waits until its last byte has arrived.
  @inlinable @inline(__always)
  public func send<P: Payload>(
    _ payload: P, to destination: Int, tag: Int = 0, fileID: StaticString = #fileID, line: UInt = #line
  ) async throws {
    let location = SourceLocation(fileID: fileID, line: line)
    try await startSend(payload, to: destination, tag: tag, at: location).wait(fileID: fileID, line: line)
  }

  /// The payload of the next message from `source` with `tag`; `nil` stands for any.
  @inlinable @inline(__always)
  public func receive<P: Payload>(
    _ type: P.Type, from source: Int?, tag: Int? = 0, fileID: StaticString = #fileID, line: UInt = #line
  ) async throws -> P {
    let location = SourceLocation(fileID: fileID, line: line)
    return try await startReceive(type, from: source, tag: tag, at: location).wait(fileID: fileID, line: line).payload
  }

  /// Combines everybody's payload; all end with the result.
  @inlinable @inline(__always)
  public func allReduce<P: Payload>(
    _ payload: P, _ reduction: ReductionOperator = .sum, fileID: StaticString = #fileID, line: UInt = #line
  ) async throws -> P {
    let location = SourceLocation(fileID: fileID, line: line)
    return try await startAllReduce(payload, reduction, at: location).wait(fileID: fileID, line: line)
  }

  /// Collects everybody's payload, in rank order, on every member.
  @inlinable @inline(__always)
  public func allGather<P: Payload>(
    _ payload: P, counts: [Int]? = nil, fileID: StaticString = #fileID, line: UInt = #line
  ) async throws -> [P] {
    let location = SourceLocation(fileID: fileID, line: line)
    return try await startAllGather(payload, counts: counts, at: location).wait(fileID: fileID, line: line)
  }

  /// Combines everybody's payload; member `r` ends with block `r` of the result.
  @inlinable @inline(__always)
  public func reduceScatter<P: Payload>(
    _ payload: P, _ reduction: ReductionOperator = .sum, counts: [Int]? = nil, fileID: StaticString = #fileID,
    line: UInt = #line
  ) async throws -> P {
    let location = SourceLocation(fileID: fileID, line: line)
    return try await startReduceScatter(payload, reduction, counts: counts, at: location)
      .wait(fileID: fileID, line: line)
  }

  /// Combines everybody's payload; the root ends with the result, the others with `nil`.
  @inlinable @inline(__always)
  public func reduce<P: Payload>(
    _ payload: P, _ reduction: ReductionOperator = .sum, root: Int, fileID: StaticString = #fileID, line: UInt = #line
  ) async throws -> P? {
    let location = SourceLocation(fileID: fileID, line: line)
    return try await startReduce(payload, reduction, root: root, at: location).wait(fileID: fileID, line: line)
  }

  /// Ends with the root's payload on every member; the others pass one of the same size.
  @inlinable @inline(__always)
  public func broadcast<P: Payload>(
    _ payload: P, root: Int, fileID: StaticString = #fileID, line: UInt = #line
  ) async throws -> P {
    let location = SourceLocation(fileID: fileID, line: line)
    return try await startBroadcast(payload, root: root, at: location).wait(fileID: fileID, line: line)
  }

  /// Collects everybody's payload on the root, in rank order; the others end with `nil`.
  @inlinable @inline(__always)
  public func gather<P: Payload>(
    _ payload: P, root: Int, fileID: StaticString = #fileID, line: UInt = #line
  ) async throws -> [P]? {
    let location = SourceLocation(fileID: fileID, line: line)
    return try await startGather(payload, root: root, at: location).wait(fileID: fileID, line: line)
  }

  /// Ends with the root's `r`-th payload on member `r`; `template` has the size and element type of each.
  @inlinable @inline(__always)
  public func scatter<P: Payload>(
    _ payloads: [P]?, like template: P, root: Int, fileID: StaticString = #fileID, line: UInt = #line
  ) async throws -> P {
    let location = SourceLocation(fileID: fileID, line: line)
    return try await startScatter(payloads, like: template, root: root, at: location).wait(fileID: fileID, line: line)
  }

  /// Ends with everybody's `r`-th payload on member `r`, in rank order.
  @inlinable @inline(__always)
  public func allToAll<P: Payload>(
    _ payloads: [P], receiveCounts: [Int]? = nil, fileID: StaticString = #fileID, line: UInt = #line
  ) async throws -> [P] {
    let location = SourceLocation(fileID: fileID, line: line)
    return try await startAllToAll(payloads, receiveCounts: receiveCounts, at: location)
      .wait(fileID: fileID, line: line)
  }

  /// Waits until every member has called it.
  @inlinable @inline(__always)
  public func barrier(fileID: StaticString = #fileID, line: UInt = #line) async throws {
    let location = SourceLocation(fileID: fileID, line: line)
    try await startBarrier(at: location).wait(fileID: fileID, line: line)
  }
}
