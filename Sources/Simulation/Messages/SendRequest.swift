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
  /// Leave that it has used up, of a receive from any source.
  var usedGrant: PointToPointTraffic.Grant?
  private let process: LogicalProcess
  private var state = State.underWay(waiter: nil)

  /// What has become of it. It ends once.
  private enum State {
    /// It has not ended; its sender may wait for that.
    case underWay(waiter: WaiterToken?)
    /// It has ended for its sender.
    case completed(VirtualTime)
    /// It will not arrive.
    case failed(any Error)
  }

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
    guard case .underWay(let waiter) = state else { return }
    state = .completed(time)
    if let waiter { process.engine.wake(waiter, at: time) }
  }

  func fail(with error: any Error) {
    guard case .underWay(let waiter) = state else { return }
    state = .failed(error)
    if let waiter { process.engine.wake(waiter, throwing: error) }
  }
}

extension SendRequest: PendingOperation {
  /// Suspends the sender until the message has arrived, or is in its buffer.
  func wait(for member: Int, at location: SourceLocation) async throws {
    try await process.enterPrimitive(at: location)
    if case .underWay = state { try await process.suspend(on: self, at: location) }
    switch state {
    case .underWay: break
    case .completed(let time): process.catchUp(with: time)
    case .failed(let error): throw error
    }
  }

  func hasEnded(for member: Int, at location: SourceLocation) async throws -> Bool {
    try await process.synchronize(at: location)
    if case .underWay = state { return false }
    return true
  }
}

extension SendRequest: WaitSubject {
  func setWaiter(_ token: WaiterToken, for member: Int) {
    if case .underWay = state { state = .underWay(waiter: token) }
  }

  func describeWait(of process: LogicalProcess) -> WaitDescription {
    WaitDescription(
      operation: "send of \(byteCount) bytes to rank \(destination), tag \(tag), group \(group.name)",
      waitsOn: [destination])
  }
}
