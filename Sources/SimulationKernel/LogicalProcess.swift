import Diagnostics

/// A device of the simulation: a Swift task with a clock of its own.
///
/// Computing moves only this clock. The process meets others at communication primitives alone, each of which ends in
/// ``suspend(on:at:deadline:register:)``.
///
/// Sendable without checks because a process is touched only from tasks on the engine's executor, which run one at a
/// time on one thread, and by the engine on that same thread.
public final class LogicalProcess: @unchecked Sendable {
  /// The position in the engine's list of processes.
  public let id: Int
  /// How reports call it: `rank 3`.
  public let name: String
  public unowned let engine: Engine

  /// The local clock; at or after the engine's time whenever the process runs.
  public internal(set) var now: VirtualTime

  /// Where the process last called a primitive.
  public var lastPrimitive: SourceLocation?

  var task: Task<Void, Never>?
  var waiterCount: Int32 = 0
  var isFinished = false
  private var mailboxStorage: Mailbox?
  private var callsAfterEnd: Int32 = 0

  init(id: Int, name: String, engine: Engine) {
    self.id = id
    self.name = name
    self.engine = engine
    now = engine.now
  }

  /// The virtual clock as Swift's `Clock`.
  public var clock: VirtualClock { VirtualClock(process: self) }

  /// Messages for this process.
  public var mailbox: Mailbox {
    if let mailboxStorage { return mailboxStorage }
    let mailbox = Mailbox(process: self)
    mailboxStorage = mailbox
    return mailbox
  }

  /// Moves the local clock by computing for `picoseconds`. Schedules nothing and wakes nobody.
  @inline(__always)
  public func compute(picoseconds: Int64) { now = now.advanced(byPicoseconds: picoseconds) }

  /// Moves the local clock by computing for `duration`.
  public func compute(for duration: Duration) { compute(picoseconds: duration.picoseconds) }

  /// Moves the local clock to `time` where it is earlier.
  public func catchUp(with time: VirtualTime) {
    if time > now { now = time }
  }

  /// A stream of random numbers of this process's own; every call starts it anew.
  public func random() -> RandomStream { RandomStream(seed: engine.seed, stream: UInt64(id) + 1) }

  /// Suspends the process until somebody calls ``Engine/wake(_:at:)`` with the token handed to `register`.
  ///
  /// - Parameters:
  ///   - subject: what it waits for, for the deadlock report.
  ///   - deadline: when to give up waiting; the result is then `.timedOut`.
  ///   - register: called once with the token before the process is suspended.
  /// - Throws: `CancellationError` when the task is cancelled or the simulation ends.
  @discardableResult
  public func suspend(
    on subject: any WaitSubject, at location: SourceLocation, deadline: VirtualTime? = nil,
    register: (WaiterToken) -> Void
  ) async throws -> WakeReason {
    try await enterPrimitive(at: location)
    let engine = engine
    let suspension = engine.nextSuspension()
    return try await withTaskCancellationHandler {
      try await withUnsafeThrowingContinuation { continuation in
        let waiter = Waiter(
          continuation: continuation, process: self, subject: subject, location: location, suspension: suspension)
        let token = engine.block(waiter, deadline: deadline)
        register(token)
        if Task.isCancelled { engine.cancel(suspension: suspension) }
      }
    } onCancel: {
      engine.requestCancellation(suspension: suspension)
    }
  }

  /// Waits until every event before the local clock has happened, so that a question about others has one answer.
  public func synchronize(at location: SourceLocation) async throws {
    guard now > engine.now else { return }
    try await suspend(on: ClockWait.shared, at: location) { token in
      engine.wakeLater(token, at: now)
    }
  }

  /// Notes where the process is, and keeps it from going on once the simulation has ended: the first calls then throw
  /// `CancellationError`; a process that ignores a thousand of them is parked for good.
  public func enterPrimitive(at location: SourceLocation) async throws {
    guard engine.hasEnded else {
      lastPrimitive = location
      return
    }
    callsAfterEnd += 1
    if callsAfterEnd > 1000 { await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in } }
    throw CancellationError()
  }
}

/// Waiting for the world to catch up with a process; never part of a deadlock, since its event is queued.
private final class ClockWait: WaitSubject, Sendable {
  static let shared = ClockWait()

  func describeWait(of process: LogicalProcess) -> WaitDescription {
    WaitDescription(operation: "wait until \(process.now)", waitsOn: [])
  }
}
