import Inputs

/// The messages that have arrived at one process, and the receives it has posted.
///
/// Messages from one source match in the order they arrived, receives in the order they were posted, as in MPI. A
/// receive from any source asks about others: it takes part in matching only once the engine has reached the instant
/// at which it was posted, so that the answer does not depend on how far the process had run ahead. Matching is linear in
/// the number of unmatched messages or receives.
public final class Mailbox {
  private unowned let process: LogicalProcess
  private var arrived: [Envelope] = []
  private var posted: [ReceiveRequest] = []

  init(process: LogicalProcess) { self.process = process }

  /// Number of messages that no receive has taken yet.
  public var unmatchedCount: Int { arrived.count }

  /// Puts a message in at the engine's time, or hands it to the first receive that takes it.
  public func deliver(_ envelope: Envelope) {
    var envelope = envelope
    envelope.arrival = process.engine.now
    guard let index = posted.firstIndex(where: { $0.takesPart && $0.pattern.matches(envelope) }) else {
      arrived.append(envelope)
      return
    }
    posted.remove(at: index).complete(with: envelope)
  }

  /// Posts a receive; wait for it by ``ReceiveRequest/wait(at:timeout:)``.
  ///
  /// - Parameter describe: what the wait is called in a deadlock report and on which processes it depends.
  public func post(
    _ pattern: EnvelopePattern, describe: (@Sendable () -> WaitDescription)? = nil
  ) -> ReceiveRequest {
    let request = ReceiveRequest(pattern: pattern, process: process, describe: describe)
    let engine = process.engine
    let isBehindOthers = posted.contains { !$0.takesPart }
    if isBehindOthers || (pattern.source == nil && process.now > engine.now) {
      posted.append(request)
      engine.call(at: max(process.now, engine.now), priority: .process) { [weak self] in self?.admit(request) }
    } else {
      request.takesPart = true
      matchOrKeep(request)
    }
    return request
  }

  /// Posts a receive and waits for it.
  ///
  /// - Throws: ``ReceiveTimeout`` when nothing that matches has arrived by `timeout`; `CancellationError`.
  public func receive(
    _ pattern: EnvelopePattern, timeout: Duration? = nil, fileID: StaticString = #fileID, line: UInt = #line
  ) async throws -> Envelope {
    try await post(pattern).wait(at: SourceLocation(fileID: fileID, line: line), timeout: timeout)
  }

  /// Whether a message that matches has arrived by now. Waits for the world to reach the process's clock.
  public func contains(
    _ pattern: EnvelopePattern, fileID: StaticString = #fileID, line: UInt = #line
  ) async throws -> Bool {
    try await process.synchronize(at: SourceLocation(fileID: fileID, line: line))
    return arrived.contains(where: pattern.matches)
  }

  /// Ends the posted receives for which there is an error: their senders are gone for good.
  public func failReceives(with error: (EnvelopePattern) -> (any Error)?) {
    var left: [ReceiveRequest] = []
    var failed: [(request: ReceiveRequest, error: any Error)] = []
    for request in posted {
      if let error = error(request.pattern) { failed.append((request, error)) } else { left.append(request) }
    }
    posted = left
    for (request, error) in failed { request.fail(with: error) }
  }

  func withdraw(_ request: ReceiveRequest) { posted.removeAll { $0 === request } }

  private func admit(_ request: ReceiveRequest) {
    guard let index = posted.firstIndex(where: { $0 === request }) else { return }
    posted[index].takesPart = true
    guard let match = arrived.firstIndex(where: request.pattern.matches) else { return }
    posted.remove(at: index)
    request.complete(with: arrived.remove(at: match))
  }

  private func matchOrKeep(_ request: ReceiveRequest) {
    if let match = arrived.firstIndex(where: request.pattern.matches) {
      request.complete(with: arrived.remove(at: match))
    } else {
      posted.append(request)
    }
  }
}

/// No matching message arrived in time.
public struct ReceiveTimeout: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was waited for.
  public let pattern: EnvelopePattern
  /// Until when.
  public let deadline: VirtualTime

  /// What did not come, and by when.
  public var description: String { "nothing received \(pattern) by virtual time \(deadline)" }
}
