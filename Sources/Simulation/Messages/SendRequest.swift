import Communication
import SimulationKernel

/// A message from one rank to another, until it has arrived. World ranks.
///
/// Sendable without checks because it is used only on the engine's thread.
final class SendRequest: @unchecked Sendable {
  let group: ProcessGroup
  let source: Int
  let destination: Int
  let tag: Int
  let content: any Sendable
  let byteCount: Int
  let posted: VirtualTime
  private let process: LogicalProcess
  private var completed: VirtualTime?
  private var failure: (any Error)?
  private var waiter: WaiterToken?

  init(
    group: ProcessGroup, process: LogicalProcess, destination: Int, tag: Int, content: any Sendable, byteCount: Int,
    posted: VirtualTime
  ) {
    self.group = group
    self.process = process
    source = process.id
    self.destination = destination
    self.tag = tag
    self.content = content
    self.byteCount = byteCount
    self.posted = posted
  }

  func complete(at time: VirtualTime) {
    completed = time
    if let waiter { process.engine.wake(waiter, at: time) }
    waiter = nil
  }

  func fail(with error: any Error) {
    guard completed == nil else { return }
    failure = error
    if let waiter { process.engine.wake(waiter, throwing: error) }
    waiter = nil
  }
}

extension SendRequest: PendingOperation {
  /// Suspends the sender until the last byte has arrived.
  func wait(for member: Int, at location: SourceLocation) async throws {
    try await process.enterPrimitive(at: location)
    if let failure { throw failure }
    if completed == nil { try await process.suspend(on: self, at: location) }
    if let completed { process.catchUp(with: completed) }
  }

  func hasEnded(for member: Int, at location: SourceLocation) async throws -> Bool {
    try await process.synchronize(at: location)
    return completed != nil || failure != nil
  }
}

extension SendRequest: WaitSubject {
  func setWaiter(_ token: WaiterToken, for member: Int) { waiter = token }

  func describeWait(of process: LogicalProcess) -> WaitDescription {
    WaitDescription(
      operation: "send of \(byteCount) bytes to rank \(destination), tag \(tag), group \(group.name)",
      waitsOn: [destination])
  }
}
