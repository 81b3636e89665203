import Communication
import Hosts
import Quantities
import SimulationKernel

/// A process group seen from one of its simulated members.
///
/// A class, so that `any Communicator` holds it without a box.
final class SimulatedCommunicator: AlgorithmChoosingCommunicator {
  let group: ProcessGroup
  let rank: Int
  let process: LogicalProcess

  init(group: ProcessGroup, rank: Int, process: LogicalProcess) {
    self.group = group
    self.rank = rank
    self.process = process
  }

  private var world: SimulatedWorld { group.world }
  var size: Int { group.worldRanks.count }
  var name: String { group.name }
  var worldRanks: [Int] { group.worldRanks }

  func subgroup(_ ranks: [Int], name: String, at location: SourceLocation) async throws -> any Communicator {
    try await subgroup(ranks, name: name, selector: nil, at: location)
  }

  func subgroup(
    _ ranks: [Int], name: String, selector: AlgorithmSelector?, at location: SourceLocation
  ) async throws -> any Communicator {
    try await process.enterPrimitive(at: location)
    let position = try checkSubgroup(ranks, at: location)
    let members = ranks.map { group.worldRanks[$0] }
    return SimulatedCommunicator(
      group: world.group(of: members, name: name, selector: selector, askedBy: process), rank: position,
      process: process)
  }

  // MARK: Point to point

  func startSend<P: Payload>(_ payload: P, to destination: Int, tag: Int, at location: SourceLocation) throws
    -> Work<Void>
  {
    try check(destination, is: "send", at: location)
    try note(location)
    callLibrary()
    let traffic = world.pointToPointTraffic
    let start = process.now.picoseconds
    let work = Picoseconds.sum(
      traffic.library.profile.host.send.picoseconds(byteCount: payload.byteCount),
      traffic.library.processors.coldCacheDelay(of: process.id, at: start))
    process.compute(picoseconds: traffic.library.processors.end(ofWork: work, by: process.id, from: start) - start)
    let request = SendRequest(
      group: group, process: process, destination: group.worldRanks[destination], tag: tag, content: payload.message,
      byteCount: payload.byteCount, posted: process.now)
    traffic.post(request)
    return Work(request, member: 0) {}
  }

  func startReceive<P: Payload>(_ type: P.Type, from source: Int?, tag: Int?, at location: SourceLocation) throws
    -> Work<Received<P>>
  {
    if let source { try check(source, is: "receive", at: location) }
    try note(location)
    let worldSource = source.map { group.worldRanks[$0] }
    let pattern = EnvelopePattern(context: group.id, source: worldSource, tag: tag)
    world.pointToPointTraffic.receivePosted(
      by: process.id, from: worldSource, tag: tag, group: group, at: process.now)
    let request = process.mailbox.post(pattern) { [group, process] in
      WaitDescription(
        operation: "receive \(pattern), group \(group.name)",
        waitsOn: worldSource.map { [$0] } ?? group.worldRanks.filter { $0 != process.id })
    }
    if !world.failures.isEmpty { world.failHopelessReceives(of: process) }
    return Work(PendingReceive(request: request), member: 0) { [group] in
      try Self.unpack(try request.received(), group: group, at: location)
    }
  }

  private static func unpack<P: Payload>(_ envelope: Envelope, group: ProcessGroup, at location: SourceLocation) throws
    -> Received<P>
  {
    guard let payload = envelope.content as? P else {
      throw CommunicationError(
        operation: "receive", location: location,
        reason: "the message from rank \(envelope.source) holds \(type(of: envelope.content)), not \(P.self)")
    }
    return Received(
      source: group.worldRanks.firstIndex(of: envelope.source) ?? envelope.source, tag: envelope.tag, payload: payload)
  }

  // MARK: Checks

  /// Moves the rank's clock to where a call of the library can begin, where a host puts it on an accelerator's stream.
  func callLibrary() { world.hostThreads[process.id]?.callLibrary() }

  /// Notes where the process is.
  /// - Throws: `CancellationError` once the simulation has ended.
  func note(_ location: SourceLocation) throws {
    if process.engine.hasEnded { throw CancellationError() }
    process.lastPrimitive = location
  }
}

/// A communicator that can make groups whose algorithms somebody else chooses.
public protocol AlgorithmChoosingCommunicator: Communicator {
  /// As ``Communicator/subgroup(_:name:at:)``.
  ///
  /// - Parameter selector: who chooses the group's algorithms; the same as in the world where it is `nil`.
  func subgroup(_ ranks: [Int], name: String, selector: AlgorithmSelector?, at location: SourceLocation) async throws
    -> any Communicator
}

/// A posted receive as its process waits for it.
private final class PendingReceive: PendingOperation {
  private let request: ReceiveRequest

  init(request: ReceiveRequest) { self.request = request }

  func wait(for member: Int, at location: SourceLocation) async throws { _ = try await request.wait(at: location) }

  func waitRepeatably(for member: Int, at location: SourceLocation) async throws {
    _ = try await request.wait(at: location, staysPosted: true)
  }

  func hasEnded(for member: Int, at location: SourceLocation) async throws -> Bool {
    try await request.isCompleted(at: location)
  }
}
