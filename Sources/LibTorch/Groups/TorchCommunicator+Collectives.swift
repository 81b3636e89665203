import Communication

/// Collectives: c10d's, on flat tensors.
extension TorchCommunicator {
  package func startAllReduce<P: Payload>(_ payload: P, _ reduction: ReductionOperator, at location: SourceLocation)
    throws -> Work<P>
  {
    let content = try loaded(payload, "allReduce", at: location)
    return try begin(
      .allReduce, .equal(payload.byteCount), like: payload, reduction, at: location,
      start: { [group] in try group.allReduce(content, reduction) },
      result: { [freight] in try freight.unloaded(content, count: payload.elementCount, like: payload) })
  }

  package func startReduce<P: Payload>(
    _ payload: P, _ reduction: ReductionOperator, root: Int, at location: SourceLocation
  ) throws -> Work<P?> {
    try check(root, is: "reduce", at: location)
    let content = try loaded(payload, "reduce", at: location)
    return try begin(
      .reduce, .equal(payload.byteCount), like: payload, reduction, root: root, at: location,
      start: { [group, groupRanks] in try group.reduce(content, reduction, root: groupRanks[root]) },
      result: { [freight, rank] in
        rank == root ? try freight.unloaded(content, count: payload.elementCount, like: payload) : nil
      })
  }

  package func startReduceScatter<P: Payload>(
    _ payload: P, _ reduction: ReductionOperator, counts: [Int]?, at location: SourceLocation
  ) throws -> Work<P> {
    let counts = try reduceScatterCounts(payload, counts, at: location)
    let sizes = counts.map { $0 * payload.elementByteCount }
    let isEven = Set(counts).count <= 1
    let blocks: BlockSizes = isEven ? .equal(sizes.first ?? 0) : .uneven(sizes)
    let content = try loaded(payload, "reduceScatter", at: location)
    let first = counts[..<rank].reduce(0, +)
    let own = first..<(first + counts[rank])
    guard isEven, hasGroupOrder else {
      // No backend takes uneven blocks, and most do this anyway.
      return try begin(
        .reduceScatter, blocks, like: payload, reduction, at: location,
        start: { [group] in try group.allReduce(content, reduction) },
        result: { [freight] in
          try freight.unloaded(content, count: payload.elementCount, like: payload).elements(in: own)
        })
    }
    let block = try freight.buffer(of: own.count, like: payload)
    return try begin(
      .reduceScatter, blocks, like: payload, reduction, at: location,
      start: { [group] in try group.reduceScatter(content, into: block, reduction) },
      result: { [freight] in try freight.unloaded(block, count: own.count, like: payload) })
  }

  package func startBroadcast<P: Payload>(_ payload: P, root: Int, at location: SourceLocation) throws -> Work<P> {
    try check(root, is: "broadcast", at: location)
    let content = try loaded(payload, "broadcast", at: location)
    return try begin(
      .broadcast, .equal(payload.byteCount), like: payload, root: root, at: location,
      start: { [group, groupRanks] in try group.broadcast(content, root: groupRanks[root]) },
      result: { [freight] in try freight.unloaded(content, count: payload.elementCount, like: payload) })
  }

  package func startAllGather<P: Payload>(_ payload: P, counts: [Int]?, at location: SourceLocation) throws -> Work<[P]>
  {
    try checkCount(payload.elementCount, of: "allGather", counts: counts, at: location)
    let counts = counts ?? Array(repeating: payload.elementCount, count: size)
    // Backends gather equal blocks; shorter ones are padded.
    let length = counts.max() ?? 0
    let own = try told("allGather", at: location) {
      let content = try freight.loaded(payload)
      return payload.elementCount == length ? content : try freight.padded(content, to: length, like: payload)
    }
    let all = try freight.buffer(of: size * length, like: payload)
    return try begin(
      .allGather, blocks(payload, counts), like: payload, at: location, isEmpty: length == 0,
      start: { [group] in try group.allGather(own, into: all) },
      result: { [freight, groupRanks] in
        let joined: P = try freight.unloaded(all, count: groupRanks.count * length, like: payload)
        return zip(groupRanks, counts).map { joined.elements(in: $0 * length..<$0 * length + $1) }
      })
  }

  package func startGather<P: Payload>(_ payload: P, root: Int, at location: SourceLocation) throws -> Work<[P]?> {
    try check(root, is: "gather", at: location)
    let own = try loaded(payload, "gather", at: location)
    let length = payload.elementCount
    let all = rank == root ? try freight.buffer(of: size * length, like: payload) : nil
    return try begin(
      .gather, .equal(payload.byteCount), like: payload, root: root, at: location,
      start: { [group, groupRanks] in try group.gather(own, into: all, root: groupRanks[root]) },
      result: { [freight, groupRanks] in
        guard let all else { return nil }
        let joined: P = try freight.unloaded(all, count: groupRanks.count * length, like: payload)
        return groupRanks.map { joined.elements(in: $0 * length..<($0 + 1) * length) }
      })
  }

  package func startScatter<P: Payload>(_ payloads: [P]?, like template: P, root: Int, at location: SourceLocation)
    throws -> Work<P>
  {
    try check(root, is: "scatter", at: location)
    try checkScatter(payloads, like: template, root: root, at: location)
    let all = try told("scatter", at: location) { try payloads.map { try freight.loaded(inGroupOrder($0)) } }
    let own = try freight.buffer(of: template.elementCount, like: template)
    return try begin(
      .scatter, .equal(template.byteCount), like: template, root: root, at: location,
      start: { [group, groupRanks] in try group.scatter(all, into: own, root: groupRanks[root]) },
      result: { [freight] in try freight.unloaded(own, count: template.elementCount, like: template) })
  }

  package func startAllToAll<P: Payload>(_ payloads: [P], receiveCounts: [Int]?, at location: SourceLocation) throws
    -> Work<[P]>
  {
    let own = try checkAllToAll(payloads, receiveCounts, at: location)
    let blocks = try allToAllBlocks(payloads, receiveCounts, at: location)
    let sent = inGroupOrder(payloads)
    let received = inGroupOrder(receiveCounts ?? payloads.map(\.elementCount))
    let outgoing = try told("allToAll", at: location) { try freight.loaded(sent) }
    let total = received.reduce(0, +)
    let incoming = try freight.buffer(of: total, like: own)
    return try begin(
      .allToAll, blocks, like: own, at: location, isEmpty: receiveCounts == nil && total == 0,
      start: { [group] in try group.allToAll(outgoing, sent.map(\.elementCount), into: incoming, received) },
      result: { [freight, groupRanks] in
        let joined: P = try freight.unloaded(incoming, count: total, like: own)
        return groupRanks.map { sender in
          let start = received[..<sender].reduce(0, +)
          return joined.elements(in: start..<start + received[sender])
        }
      })
  }

  package func startBarrier(at location: SourceLocation) throws -> Work<Void> {
    let call = CollectiveCall(
      rank: worldRanks[rank], shape: CollectiveShape(operation: .barrier, size: size, blocks: .equal(0)),
      reduction: nil, elementName: "", byteCount: 0, location: location)
    return Work(try begin(call) { [group] in try group.barrier() }, member: rank) {}
  }

  private func loaded<P: Payload>(_ payload: P, _ operation: String, at location: SourceLocation) throws -> TorchTensor
  {
    try told(operation, at: location) { try freight.loaded(payload) }
  }

  /// - Parameter isEmpty: whether nobody has anything to send, so that there is nothing to ask the backend for.
  private func begin<P: Payload, R: Sendable>(
    _ operation: CollectiveOperation, _ blocks: BlockSizes, like payload: P, _ reduction: ReductionOperator? = nil,
    root: Int = 0, at location: SourceLocation, isEmpty: Bool? = nil, start: @escaping () throws -> TorchWork,
    result: @escaping @Sendable () throws -> R
  ) throws -> Work<R> {
    let call = CollectiveCall(
      rank: worldRanks[rank],
      shape: CollectiveShape(
        operation: operation, size: size, root: root, elementByteCount: payload.elementByteCount, blocks: blocks),
      reduction: reduction, elementName: payload.elementName, byteCount: payload.byteCount, location: location)
    let isEmpty = isEmpty ?? (payload.elementCount == 0)
    return Work(
      try begin(call, start: isEmpty ? { [group] in try group.barrier() } : start), member: rank, result: result)
  }

  private func begin(_ call: CollectiveCall, start: @escaping () throws -> TorchWork) throws -> TorchOperation {
    let name = call.shape.operation.rawValue
    let entry = try told(name, at: call.location) { try collectives.begin(call, start: start) }
    let observer = world.observer
    let began = observer?.now ?? .zero
    return TorchOperation(entry, self, name, at: call.location) { [groupName = self.name] in
      observer?.ended(call.shape.operation, byteCount: call.byteCount, groupName: groupName, start: began)
    }
  }
}
