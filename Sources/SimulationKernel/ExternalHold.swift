import Dispatch
import Inputs
import Synchronization

/// Work that a process has done outside the simulation: the engine does not go past the process's clock until it is
/// reported back.
///
/// The hold stands in the event queue like any event, and the engine waits when it gets there. Several holds may be
/// open and worked on at the same time; they are taken in the order of the queue, so the result does not depend on
/// which came back first.
public final class ExternalHold<Value: Sendable>: Sendable {
  private struct Report: Sendable {
    var result: Result<Value, any Error>
    var elapsed: Duration
  }

  private struct State: Sendable {
    var report: Report?
    /// When the work ends at the earliest, as far as is known.
    var earliestEnd: VirtualTime?
  }

  private let state = Mutex(State())
  private let signal = DispatchSemaphore(value: 0)
  let operation: String

  init(operation: String) { self.operation = operation }

  /// Reports the end of the work; may be called from any thread. Only the first call counts.
  /// - Parameter elapsed: the time that the work takes on the process's clock.
  public func finish(_ result: Result<Value, any Error>, elapsed: Duration) {
    let isFirst = state.withLock { state in
      guard state.report == nil else { return false }
      state.report = Report(result: result, elapsed: elapsed)
      return true
    }
    if isFirst { signal.signal() }
  }

  /// Says that the work takes until `time` at least, on the process's clock: what is earlier happens meanwhile. To be
  /// called by the hold's ``ReportSource`` while it is asked for reports.
  ///
  /// The end that is reported must not be earlier; should it be, it is taken for as late as the engine is by then.
  public func advance(to time: VirtualTime) {
    state.withLock { $0.earliestEnd = max($0.earliestEnd ?? time, time) }
  }

  /// Blocks the engine's thread until the work is reported, is known to take longer, or the run is interrupted.
  ///
  /// - Parameter source: asked for reports meanwhile; without one they come from other threads.
  /// - Returns: how long the work takes at least, where that is beyond the engine's time; `nil` otherwise.
  func awaitReport(from source: (any ReportSource)?, interruptedBy engine: Engine) -> VirtualTime? {
    guard let source else {
      while signal.wait(timeout: .now() + .milliseconds(20)) == .timedOut {
        if engine.isInterrupted { return nil }
      }
      return nil
    }
    while !engine.isInterrupted {
      let (isReported, earliestEnd) = state.withLock { ($0.report != nil, $0.earliestEnd) }
      if let earliestEnd, earliestEnd > engine.now { return earliestEnd }
      if isReported { return nil }
      source.awaitReports()
    }
    return nil
  }

  func take() -> (result: Result<Value, any Error>, elapsed: Duration)? {
    state.withLock { $0.report.map { ($0.result, $0.elapsed) } }
  }
}

/// Where reports of held work come in, when that is on the engine's own thread: sockets, say.
public protocol ReportSource: AnyObject {
  /// Takes in what has been reported, and calls ``ExternalHold/finish(_:elapsed:)`` for it. Waits for something to come
  /// in, for a few hundredths of a second at most.
  func awaitReports()
}

extension LogicalProcess {
  /// Hands work to somebody outside the simulation and suspends the process until it is reported back.
  ///
  /// Where the last hold took less than was known of it meanwhile, or a wait was cut off, the engine's clock is ahead: the
  /// work then begins at the engine's time.
  ///
  /// - Parameters:
  ///   - operation: what the work is called in reports.
  ///   - source: where the report will come in; from another thread unless given.
  ///   - isContinued: whether it is the rest of what the process did before, rather than what follows a primitive:
  ///     ``lastReturn`` stays what it was.
  ///   - begin: starts the work and must return at once.
  /// - Returns: the work's value; the local clock has moved by the time it took.
  public func hold<Value: Sendable>(
    for operation: String, returning type: Value.Type = Value.self, reportedBy source: (any ReportSource)? = nil,
    isContinued: Bool = false, fileID: StaticString = #fileID, line: UInt = #line,
    _ begin: (ExternalHold<Value>) -> Void
  ) async throws -> Value {
    let formerReturn = lastReturn
    defer { if isContinued { lastReturn = formerReturn } }
    if now < engine.now { catchUp(with: engine.now) }
    let hold = ExternalHold<Value>(operation: operation)
    begin(hold)
    let location = SourceLocation(fileID: fileID, line: line)
    try await suspend(on: HoldWait(hold: hold, process: self, source: source), at: location)
    guard let report = hold.take() else { throw CancellationError() }
    compute(for: report.elapsed)
    return try report.result.get()
  }
}

/// A process's wait for its hold: an event at the process's clock at which the engine stops until the report is there.
private final class HoldWait<Value: Sendable>: WaitSubject {
  private let hold: ExternalHold<Value>
  private let process: LogicalProcess
  private let source: (any ReportSource)?

  init(hold: ExternalHold<Value>, process: LogicalProcess, source: (any ReportSource)?) {
    self.hold = hold
    self.process = process
    self.source = source
  }

  func setWaiter(_ token: WaiterToken, for member: Int) {
    let stop = HoldStop(hold: hold, source: source, engine: process.engine, token: token, start: process.now)
    stop.schedule(at: process.now)
  }

  func describeWait(of process: LogicalProcess) -> WaitDescription {
    WaitDescription(operation: hold.operation, waitsOn: [])
  }
}

/// Where the engine stops for a hold: an event that is put off whenever the work is found to take longer.
private struct HoldStop<Value: Sendable> {
  let hold: ExternalHold<Value>
  let source: (any ReportSource)?
  let engine: Engine
  let token: WaiterToken
  /// The process's clock when it handed its work out.
  let start: VirtualTime

  func schedule(at time: VirtualTime) {
    engine.call(at: time, priority: .process) { reach() }
  }

  private func reach() {
    if let later = hold.awaitReport(from: source, interruptedBy: engine) {
      schedule(at: later)
    } else {
      engine.wake(token, at: start)
    }
  }
}
