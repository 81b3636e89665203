import Inputs

/// A device of the simulation: a Swift task with a clock of its own.
///
/// Computing moves only this clock. The process meets others at communication primitives alone, each of which ends in
/// ``suspend(on:at:deadline:register:)``.
///
/// Sendable without checks because a process is touched only from tasks on the engine's executor, which run one at a
/// time on one thread, and by the engine on that same thread.
public final class LogicalProcess: @unchecked Sendable {
  /// The simulation that it belongs to.
  public unowned let engine: Engine

  /// The local clock; at or after the engine's time whenever the process runs. While it waits, when it began to.
  public internal(set) var now: VirtualTime

  /// When the process last came back from a primitive.
  public internal(set) var lastReturn = VirtualTime.zero

  /// Where the process last called a primitive.
  public var lastPrimitive: SourceLocation?

  var task: Task<Void, Never>?
  var waiterCount: Int32 = 0
  var isFinished = false
  private var mailboxStorage: Mailbox?
  private var callsAfterEnd: Int16 = 0
  private let number: Int32

  init(id: Int, engine: Engine) {
    number = Int32(id)
    self.engine = engine
    now = engine.now
  }

  /// The position in the engine's list of processes.
  public var id: Int { Int(number) }

  /// How reports call it: `rank 3`.
  public var name: String { engine.name(ofProcess: id) }

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

  /// Moves the local clock to `time` where it is earlier, at the end of a primitive.
  public func catchUp(with time: VirtualTime) {
    if time > now { now = time }
    lastReturn = now
  }

  /// Sets the local clock, for a device that has several of which this one stands for another one now. Where the process
  /// then meets others, the clock may not be before the engine's.
  public func setClock(to time: VirtualTime) { now = time }

  /// A stream of random numbers of this process's own; every call starts it anew.
  public func random() -> RandomStream { RandomStream(seed: engine.seed, stream: UInt64(id) + 1) }

  /// Suspends the process until somebody calls ``Engine/wake(_:at:)`` with the token that `subject` is given.
  ///
  /// - Parameters:
  ///   - subject: what it waits for. It is given the token before the process is suspended, and is asked for a description
  ///     should nothing happen any more.
  ///   - member: whose wait it is, where several processes wait for one subject.
  ///   - deadline: when to give up waiting; the result is then `.timedOut`.
  /// - Throws: `CancellationError` when the task is cancelled or the simulation ends.
  @inlinable @inline(__always)
  @discardableResult
  public func suspend(
    on subject: any WaitSubject, member: Int = 0, at location: SourceLocation, deadline: VirtualTime? = nil
  ) async throws -> WakeReason {
    if mayNotGoOn { try await refuse() }
    lastPrimitive = location
    guard runsInMainTask else { return try await suspendChild(on: subject, member: member, deadline: deadline) }
    return try await withUnsafeThrowingContinuation { block($0, on: subject, member: member, deadline: deadline) }
  }

  /// The part of ``suspend(on:member:at:deadline:)`` that needs no frame of its own while the process is suspended.
  @usableFromInline @inline(never)
  func block(
    _ continuation: UnsafeContinuation<WakeReason, any Error>, on subject: any WaitSubject, member: Int,
    deadline: VirtualTime?, suspension: UInt64? = nil
  ) {
    let waiter = Waiter(continuation: continuation, process: self, subject: subject)
    subject.setWaiter(engine.block(waiter, deadline: deadline, suspension: suspension), for: member)
  }

  /// Whether the caller runs in the process's own task rather than in a child of it. Nobody but the engine cancels the
  /// former, so it needs no cancellation handler, which would triple the memory of a suspended process.
  ///
  /// `Task` and `UnsafeCurrentTask` are both the reference to the task and nothing else, so their bits tell whether they
  /// are the same one; remembering the task a second time would cost memory in every process.
  @usableFromInline var runsInMainTask: Bool {
    withUnsafeCurrentTask { current in
      guard let current, let task else { return false }
      return unsafeBitCast(current, to: UInt.self) == unsafeBitCast(task, to: UInt.self)
    }
  }

  /// Suspends a child task, which the program may cancel. Not inlined, to keep it out of ``suspend``'s frame.
  @usableFromInline @inline(never)
  func suspendChild(on subject: any WaitSubject, member: Int, deadline: VirtualTime?) async throws
    -> WakeReason
  {
    let engine = engine
    let suspension = engine.nextSuspension()
    defer { engine.forget(suspension: suspension) }
    return try await withTaskCancellationHandler {
      try await withUnsafeThrowingContinuation { continuation in
        block(continuation, on: subject, member: member, deadline: deadline, suspension: suspension)
        if Task.isCancelled { engine.cancel(suspension: suspension) }
      }
    } onCancel: {
      engine.requestCancellation(suspension: suspension)
    }
  }

  /// Waits until every event before the local clock has happened, so that a question about others has one answer.
  public func synchronize(at location: SourceLocation) async throws {
    guard now > engine.now else { return }
    try await suspend(on: TimeWait(until: now, engine: engine, name: "wait"), at: location)
  }

  /// Sleeps until `time`, where the local clock is earlier. Meanwhile the clock stands still: the processor is free.
  public func sleep(until time: VirtualTime, at location: SourceLocation) async throws {
    guard time > now else { return }
    try await suspend(on: TimeWait(until: time, engine: engine, name: "sleep"), at: location)
  }

  /// Notes where the process is. Every primitive that does not suspend calls this first.
  ///
  /// - Throws: `CancellationError` once the simulation has ended; why the process has been killed.
  public func enterPrimitive(at location: SourceLocation) async throws {
    if mayNotGoOn { try await refuse() }
    lastPrimitive = location
  }

  /// Whether the simulation has ended or the process has been killed.
  @usableFromInline var mayNotGoOn: Bool { engine.hasEnded || engine.deathCause(of: self) != nil }

  /// Keeps the process from going on: the first calls throw; a process that ignores a thousand of them is parked for
  /// good.
  @usableFromInline @inline(never)
  func refuse() async throws {
    callsAfterEnd += 1
    if callsAfterEnd > 1000 { await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in } }
    throw engine.deathCause(of: self) ?? CancellationError()
  }
}

/// Waiting for an instant; never part of a deadlock, since its event is queued.
private final class TimeWait: WaitSubject {
  private let end: VirtualTime
  private let engine: Engine
  private let name: StaticString

  init(until end: VirtualTime, engine: Engine, name: StaticString) {
    self.end = end
    self.engine = engine
    self.name = name
  }

  func setWaiter(_ token: WaiterToken, for member: Int) { engine.wakeLater(token, at: end) }

  func describeWait(of process: LogicalProcess) -> WaitDescription {
    WaitDescription(operation: "\(name) until \(end)", waitsOn: [])
  }
}
