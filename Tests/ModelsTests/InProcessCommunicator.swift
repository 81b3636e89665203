import Communication
import Synchronization

/// One member's view of a group in an ``InProcessWorld``.
final class InProcessCommunicator: Communicator {
  struct Unsupported: Error {}

  private struct Progress {
    var collectives = 0
    var sends: [InProcessWorld.Channel: Int] = [:]
    var receives: [InProcessWorld.Channel: Int] = [:]
  }

  let rank: Int
  let name: String
  let worldRanks: [Int]
  private let world: InProcessWorld
  private let progress = Mutex(Progress())

  init(world: InProcessWorld, rank: Int, worldRanks: [Int], name: String) {
    self.world = world
    self.rank = rank
    self.worldRanks = worldRanks
    self.name = name
  }

  var size: Int { worldRanks.count }
  private var groupID: String { "\(name) \(worldRanks)" }

  func subgroup(_ ranks: [Int], name: String, at location: SourceLocation) async throws -> any Communicator {
    guard let own = ranks.firstIndex(of: rank) else { throw Unsupported() }
    return InProcessCommunicator(world: world, rank: own, worldRanks: ranks.map { worldRanks[$0] }, name: name)
  }

  private func record(_ operation: String, _ byteCount: Int) {
    let call = InProcessWorld.Call(
      operation: operation, group: name, worldRank: worldRanks[rank], byteCount: byteCount)
    world.change { $0.calls.append(call) }
  }

  func startSend<P: Payload>(_ payload: P, to destination: Int, tag: Int, at location: SourceLocation) throws
    -> Work<Void>
  {
    record("send", payload.byteCount)
    let channel = InProcessWorld.Channel(group: groupID, source: rank, destination: destination, tag: tag)
    let index = progress.withLock { progress in
      defer { progress.sends[channel, default: 0] += 1 }
      return progress.sends[channel, default: 0]
    }
    world.change { $0.messages[channel, default: []].append(payload) }
    let world = world
    let pending = PendingChange(world: world) { $0.postedReceives[channel, default: 0] > index }
    return Work(pending, member: rank) {}
  }

  func startReceive<P: Payload>(_ type: P.Type, from source: Int?, tag: Int?, at location: SourceLocation) throws
    -> Work<Received<P>>
  {
    guard let source, let tag else { throw Unsupported() }
    let channel = InProcessWorld.Channel(group: groupID, source: source, destination: rank, tag: tag)
    let index = progress.withLock { progress in
      defer { progress.receives[channel, default: 0] += 1 }
      return progress.receives[channel, default: 0]
    }
    world.change { $0.postedReceives[channel, default: 0] += 1 }
    let world = world
    let pending = PendingChange(world: world) { ($0.messages[channel]?.count ?? 0) > index }
    return Work(pending, member: rank) {
      guard let payload = world.read({ $0.messages[channel]?[index] }) as? P else { throw Unsupported() }
      return Received(source: source, tag: tag, payload: payload)
    }
  }

  /// Everybody's contributions, in rank order.
  private func meet<C: Sendable>(_ contribution: C) -> Work<[C]> {
    let index = progress.withLock { progress in
      defer { progress.collectives += 1 }
      return progress.collectives
    }
    let meeting = InProcessWorld.Meeting(group: groupID, index: index)
    world.change { $0.contributions[meeting, default: [:]][rank] = contribution }
    let (world, size) = (world, size)
    let pending = PendingChange(world: world) { $0.contributions[meeting]?.count == size }
    return Work(pending, member: rank) {
      let all = world.read { $0.contributions[meeting] ?? [:] }
      return (0..<size).compactMap { all[$0] as? C }
    }
  }

  func startAllReduce<P: Payload>(_ payload: P, _ reduction: ReductionOperator, at location: SourceLocation) throws
    -> Work<P>
  {
    record("allReduce", payload.byteCount)
    return meet(payload).map { P.reducing($0, with: reduction) }
  }

  func startAllGather<P: Payload>(_ payload: P, counts: [Int]?, at location: SourceLocation) throws -> Work<[P]> {
    record("allGather", payload.byteCount)
    let expected = counts ?? Array(repeating: payload.elementCount, count: size)
    return meet(payload).map { blocks in
      guard blocks.map(\.elementCount) == expected else { throw Unsupported() }
      return blocks
    }
  }

  func startReduceScatter<P: Payload>(
    _ payload: P, _ reduction: ReductionOperator, counts: [Int]?, at location: SourceLocation
  ) throws -> Work<P> { throw Unsupported() }

  func startReduce<P: Payload>(_ payload: P, _ reduction: ReductionOperator, root: Int, at location: SourceLocation)
    throws -> Work<P?>
  { throw Unsupported() }

  func startBroadcast<P: Payload>(_ payload: P, root: Int, at location: SourceLocation) throws -> Work<P> {
    throw Unsupported()
  }

  func startGather<P: Payload>(_ payload: P, root: Int, at location: SourceLocation) throws -> Work<[P]?> {
    throw Unsupported()
  }

  func startScatter<P: Payload>(
    _ payloads: [P]?, like template: P, root: Int, at location: SourceLocation
  ) throws -> Work<P> { throw Unsupported() }

  func startAllToAll<P: Payload>(_ payloads: [P], receiveCounts: [Int]?, at location: SourceLocation) throws
    -> Work<[P]>
  { throw Unsupported() }

  func startBarrier(at location: SourceLocation) throws -> Work<Void> { meet(0).map { _ in } }
}

/// Waiting for the world to be in some state.
private final class PendingChange: PendingOperation {
  private let world: InProcessWorld
  private let isReady: @Sendable (InProcessWorld.State) -> Bool

  init(world: InProcessWorld, isReady: @escaping @Sendable (InProcessWorld.State) -> Bool) {
    self.world = world
    self.isReady = isReady
  }

  func wait(for member: Int, at location: SourceLocation) async throws { await world.wait(until: isReady) }

  func hasEnded(for member: Int, at location: SourceLocation) async throws -> Bool { world.read(isReady) }
}
