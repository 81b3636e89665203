import Inputs

/// A posted receive.
///
/// Sendable without checks because it belongs to one process, whose tasks run one at a time on the engine's thread.
public final class ReceiveRequest: @unchecked Sendable {
  /// Which message it takes.
  public let pattern: EnvelopePattern
  private unowned let process: LogicalProcess
  private let describe: (@Sendable () -> WaitDescription)?
  private var outcome: Result<Envelope, any Error>?
  private var waiter: WaiterToken?
  var takesPart = false

  init(pattern: EnvelopePattern, process: LogicalProcess, describe: (@Sendable () -> WaitDescription)?) {
    self.pattern = pattern
    self.process = process
    self.describe = describe
  }

  /// The message, once it has arrived. Several waits give the same message.
  ///
  /// - Parameter staysPosted: whether a wait that is cancelled leaves the receive where it is, to be waited for again.
  /// - Throws: ``ReceiveTimeout``, after which the receive is withdrawn; `CancellationError`; what the mailbox was told
  ///   by ``Mailbox/failReceives(with:)``.
  public func wait(at location: SourceLocation, timeout: Duration? = nil, staysPosted: Bool = false) async throws
    -> Envelope
  {
    try await process.enterPrimitive(at: location)
    if outcome == nil {
      let deadline = timeout.map { process.now.advanced(by: $0) }
      let reason = try await suspend(at: location, deadline: deadline, staysPosted: staysPosted)
      if reason == .timedOut, outcome == nil {
        process.mailbox.withdraw(self)
        throw ReceiveTimeout(pattern: pattern, deadline: process.now)
      }
    }
    let envelope = try received()
    process.catchUp(with: envelope.arrival)
    return envelope
  }

  /// The message, once ``wait(at:timeout:)`` has returned.
  public func received() throws -> Envelope {
    guard let envelope = try outcome?.get() else { throw CancellationError() }
    return envelope
  }

  /// Whether the message has arrived by now. Waits for the world to reach the process's clock.
  public func isCompleted(at location: SourceLocation) async throws -> Bool {
    try await process.synchronize(at: location)
    return outcome != nil
  }

  private func suspend(at location: SourceLocation, deadline: VirtualTime?, staysPosted: Bool) async throws
    -> WakeReason
  {
    do {
      return try await process.suspend(on: self, at: location, deadline: deadline)
    } catch {
      if outcome == nil, !staysPosted { process.mailbox.withdraw(self) }
      throw error
    }
  }

  func complete(with envelope: Envelope) {
    outcome = .success(envelope)
    if let waiter { process.engine.wake(waiter, at: envelope.arrival) }
    waiter = nil
  }

  func fail(with error: any Error) {
    outcome = .failure(error)
    if let waiter { process.engine.wake(waiter, at: process.engine.now) }
    waiter = nil
  }
}

extension ReceiveRequest: WaitSubject {
  /// Keeps the token of the process that waits for the message.
  public func setWaiter(_ token: WaiterToken, for member: Int) { waiter = token }

  /// What the wait is called and on whom it depends.
  public func describeWait(of process: LogicalProcess) -> WaitDescription {
    if let describe { return describe() }
    let others = process.engine.processes.lazy.filter { !$0.isFinished && $0 !== process }.map(\.id)
    return WaitDescription(
      operation: "receive \(pattern)", waitsOn: pattern.source.map { [$0] } ?? Array(others))
  }
}
