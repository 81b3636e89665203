import Communication
import Quantities
import SimulationKernel

extension RankConversation {
  /// Waits for whichever ends first of what the rank's threads wait for, and answers with its handle; with 0 where the
  /// time is over, or another thread wants to speak.
  func waitForAny(_ request: ThreadsRequest, _ interval: Interval) async throws {
    try await chargeBeforeWait(for: request.called, interval)
    for handle in request.handles where waitStarts[handle] == nil { waitStarts[handle] = process.now }
    if let ended = try await firstEnded(of: request.handles) { return answer(.number(Int64(ended))) }
    if request.timeoutNanoseconds == 0 { return answer(.number(0)) }
    polling.end()
    let place = threadCall(request.called)?.place ?? "wait of several threads"
    let start = process.now
    let ended = try await awaitFirst(of: request)
    if process.now > start { rank.noteCall(place, from: start) }
    answer(.number(Int64(ended ?? 0)))
  }

  /// Keys of the store become an operation that has ended when all are there.
  func expect(_ request: ExpectRequest, _ interval: Interval) async throws {
    try await chargeBeforeQuestion(interval)
    let keys = ExpectedKeys(request, in: session.store, of: process)
    let call = CallDescription(
      operation: "store.wait", operand: request.keys.joined(separator: ", "), site: link.text(interval.site))
    pending[request.handle] = .underWay(Work(keys, member: 0) { Delivery() }, call, group: nil)
  }

  /// What the rank's threads wait in, where several wait at once.
  var threadCalls: [CallDescription] { threadsWait?.handles.compactMap(threadCall) ?? [] }

  private func threadCall(_ handle: UInt32) -> CallDescription? {
    if case .underWay(_, let call, _) = pending[handle] { call } else { nil }
  }

  private func chargeBeforeWait(for called: UInt32, _ interval: Interval) async throws {
    if let call = threadCall(called) {
      try await charge(interval, before: "wait of \(call.operationAndOperand)")
    } else {
      try await chargeBeforeQuestion(interval)
    }
  }

  private func firstEnded(of handles: [UInt32]) async throws -> UInt32? {
    try await process.synchronize(at: SourceLocation())
    for handle in handles {
      guard let call = pending[handle] else { return handle }
      // What has gone wrong is found out by who waits for it.
      guard (try? await call.hasEnded()) == false else { return handle }
    }
    return nil
  }

  private func awaitFirst(of request: ThreadsRequest) async throws -> UInt32? {
    let wait = ThreadsWait(request, of: process)
    if link.interruptedWait == request.number { return nil }
    // It stays where the run ends meanwhile, for the report.
    threadsWait = wait
    let works = request.handles.compactMap { handle in pending[handle].map { (handle, $0) } }
    let deadline =
      request.timeoutNanoseconds.map { process.now.advanced(byPicoseconds: Picoseconds.whole(nanoseconds: $0)) }
      ?? .distantFuture
    let ended = try await process.doing(until: deadline) { [process] () -> UInt32? in
      try await withThrowingTaskGroup(of: UInt32?.self) { group in
        for (handle, call) in works {
          group.addTask {
            do {
              try await call.awaitEnd()
            } catch is CancellationError {
              throw CancellationError()
            } catch {}
            return handle
          }
        }
        group.addTask {
          try await process.suspend(on: wait, at: SourceLocation())
          return nil
        }
        defer { group.cancelAll() }
        return try await group.next() ?? nil
      }
    }
    threadsWait = nil
    return ended ?? nil
  }
}

/// The wait of a rank's threads for their operations, as far as it is one for another thread.
///
/// Sendable without checks because it is used only on the engine's thread.
final class ThreadsWait: WaitSubject, @unchecked Sendable {
  let number: UInt32
  let handles: [UInt32]
  private let process: LogicalProcess
  private var token: WaiterToken?

  init(_ request: ThreadsRequest, of process: LogicalProcess) {
    number = request.number
    handles = request.handles
    self.process = process
  }

  func setWaiter(_ token: WaiterToken, for member: Int) { self.token = token }

  /// Lets another thread speak.
  func interrupt() {
    if let token { process.engine.wake(token, at: process.engine.now) }
  }

  func describeWait(of process: LogicalProcess) -> WaitDescription {
    WaitDescription(operation: "calls of several threads", waitsOn: [])
  }
}

/// Keys of the store as an operation under way.
///
/// Sendable without checks because it is used only on the engine's thread.
private final class ExpectedKeys: PendingOperation, @unchecked Sendable {
  private let request: ExpectRequest
  private let store: KeyValueStore
  private let process: LogicalProcess

  init(_ request: ExpectRequest, in store: KeyValueStore, of process: LogicalProcess) {
    self.request = request
    self.store = store
    self.process = process
  }

  func wait(for member: Int, at location: SourceLocation) async throws {
    guard !store.hasAll(request.keys, in: request.namespace) else { return }
    try await process.suspend(on: store.wait(for: request.keys, in: request.namespace, of: process), at: location)
  }

  func hasEnded(for member: Int, at location: SourceLocation) async throws -> Bool {
    try await process.synchronize(at: location)
    return store.hasAll(request.keys, in: request.namespace)
  }
}
