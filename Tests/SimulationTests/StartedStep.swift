import Communication

/// Starts a step on one member; what is returned waits for it and says what was wrong with the result, if anything.
func start<Element: BinaryFloatingPoint & Sendable>(
  _ step: RandomProgram.Step, in group: any Communicator, as type: Element.Type
) throws -> () async throws -> String? {
  let expected = ExpectedValues(step: step, size: group.size)
  let rank = group.rank
  let location = SourceLocation()
  let equal = step.counts[0]
  func values(_ elements: [Double]) -> Values<Element> { Values(elements.map { Element($0) }) }
  func own(_ count: Int) -> Values<Element> { values(expected.own(rank, count: count)) }
  func check<R: Equatable & Sendable>(_ work: Work<R>, _ wanted: R) -> () async throws -> String? {
    {
      let result = try await work.wait()
      return result == wanted ? nil : "\(step) on member \(rank) of \(group.size): \(result), expected \(wanted)"
    }
  }
  switch step.kind {
  case .allReduce:
    return check(
      try group.startAllReduce(own(equal), step.reduction, at: location), values(expected.reduced(0..<equal)))
  case .reduce:
    let work = try group.startReduce(own(equal), step.reduction, root: step.root, at: location)
    return check(work, rank == step.root ? values(expected.reduced(0..<equal)) : nil)
  case .reduceScatter:
    let work = try group.startReduceScatter(
      own(step.counts.reduce(0, +)), step.reduction, counts: step.usesCounts ? step.counts : nil, at: location)
    return check(work, values(expected.reduced(expected.scatterRange(of: rank))))
  case .allGather:
    let work = try group.startAllGather(
      own(step.counts[rank]), counts: step.usesCounts ? step.counts : nil, at: location)
    return check(work, (0..<group.size).map { values(expected.own($0, count: step.counts[$0])) })
  case .broadcast:
    let work = try group.startBroadcast(own(equal), root: step.root, at: location)
    return check(work, values(expected.own(step.root, count: equal)))
  case .gather:
    let work = try group.startGather(own(equal), root: step.root, at: location)
    return check(work, rank == step.root ? (0..<group.size).map { values(expected.own($0, count: equal)) } : nil)
  case .scatter:
    let parts = (0..<group.size).map { part in
      values((0..<equal).map { expected.element(of: 0, at: part * equal + $0) })
    }
    let work = try group.startScatter(
      rank == step.root ? parts : nil, like: own(equal), root: step.root, at: location)
    return check(work, parts[rank])
  case .allToAll:
    let work = try group.startAllToAll(
      (0..<group.size).map { values(expected.pairBlock(rank, $0)) },
      receiveCounts: step.usesCounts ? (0..<group.size).map { expected.pairCount($0, rank) } : nil, at: location)
    return check(work, (0..<group.size).map { values(expected.pairBlock($0, rank)) })
  case .barrier:
    return check(try group.startBarrier(at: location).map { true }, true)
  case .shift:
    let source = (rank - step.distance + group.size) % group.size
    let send = try group.startSend(
      own(equal), to: (rank + step.distance) % group.size, tag: step.number, at: location)
    let receive = try group.startReceive(Values<Element>.self, from: source, tag: step.number, at: location)
    let checked = check(receive.map(\.payload), values(expected.own(source, count: equal)))
    return {
      try await send.wait()
      return try await checked()
    }
  }
}
