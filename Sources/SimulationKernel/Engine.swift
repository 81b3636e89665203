import Inputs
import Quantities
import Synchronization

/// The discrete-event simulation: logical processes, the events to come, and virtual time.
///
/// The rule of time: every runnable process runs until it blocks; then the earliest event happens; then the processes
/// it made runnable run, and so on. A process resumed at a time can only post events at or after it, so nothing is ever
/// rolled back and causes precede effects.
///
/// Sendable without checks because all its state, the interruption flag and the inbox apart (which are thread-safe),
/// is touched only on the thread that calls ``run()``, by the engine itself and by tasks of its executor.
public final class Engine: @unchecked Sendable {
  /// The time of the latest event; no process may ask about others earlier than this.
  public var now: VirtualTime { time }
  /// The source of all random numbers of the run.
  public let seed: UInt64
  /// How much longer than it asked for a process sleeps: until its timer's interrupt has been taken up.
  public var sleepOvershootPicoseconds: Int64 = 0
  /// All processes, in the order they were added.
  public private(set) var processes: [LogicalProcess] = []
  /// Events dispatched so far, void ones included.
  public var eventCount: Int { dispatchedCount }

  /// Called when an instant is over, before time advances, if somebody asked for it by ``requestInstantEnd()``.
  ///
  /// Not retained: an observer that goes away first takes itself out.
  public unowned(unsafe) var instantObserver: (any InstantObserver)?

  /// Asked, when nothing can happen any more, what a report should say beside who waits: a line each.
  public var circumstances: (() -> [String])?

  /// Asked when nothing can happen any more and somebody is still alive: whether something has come from outside the
  /// simulation, for which it may wait.
  public var lastResort: (() -> Bool)?

  /// Set once the run has ended, in whatever way; primitives then throw.
  public private(set) var hasEnded = false

  let executor = LogicalProcessExecutor()
  private(set) lazy var calls = ScheduledCalls(engine: self)
  // What changes with every event is private, since the compiler checks each access to a public property.
  private var time = VirtualTime.zero
  private var dispatchedCount = 0
  private var queue: EventQueue
  private var sequence: UInt64 = 0
  private let handlers = Pool<any EventHandler>(capacity: 8)
  private var names: [Int: String] = [:]
  private var killed: [Int: any Error] = [:]
  private var waiters = WaiterTable()
  private var suspensions: UInt64 = 0
  private var aliveCount = 0
  /// Processes alive without any suspension at a primitive. Zero whenever no job is ready, unless a process awaits
  /// something foreign.
  private var unblockedCount = 0
  private var needsInstantEnd = false
  private var failure: SimulationFailure?
  private let interruption: Interruption
  private let cancellations = Mutex<[UInt64]>([])
  private let hasCancellations = Atomic<Bool>(false)

  private static let wakeHandler: UInt64 = 0
  private static let timeoutHandler: UInt64 = 1
  /// With fewer events to come, what they touch stays in a processor's nearest caches: preparing them would only cost.
  private static let eventsBeyondCaches = 2048

  /// - Parameters:
  ///   - seed: the source of all random numbers of the run.
  ///   - processCount: how many processes are expected; tables are made that large at once, which spares the memory of
  ///     growing them.
  ///   - interruption: by which anybody may end the run.
  public init(seed: UInt64 = 0, expecting processCount: Int = 0, interruption: Interruption = Interruption()) {
    self.seed = seed
    self.interruption = interruption
    queue = EventQueue(capacity: 2 * processCount)
    processes.reserveCapacity(processCount)
    waiters.reserveCapacity(processCount)
    _ = register(WakeHandler(engine: self))
    _ = register(TimeoutHandler(engine: self))
  }

  deinit { handlers.deallocate() }

  // MARK: Building

  /// Adds a process whose task starts when the engine runs.
  ///
  /// - Parameter name: how reports call it; `rank` and its number unless given.
  @discardableResult
  public func spawn(
    name: String? = nil, _ body: @escaping @Sendable (LogicalProcess) async throws -> Void
  ) -> LogicalProcess {
    spawn(name: name, context: { $0 }, body)
  }

  /// Adds a process whose body sees it through a context of the caller's.
  @discardableResult
  public func spawn<Context: Sendable>(
    name: String? = nil, context: (LogicalProcess) -> Context,
    _ body: @escaping @Sendable (Context) async throws -> Void
  ) -> LogicalProcess {
    executor.claim()
    let process = LogicalProcess(id: processes.count, engine: self)
    if let name { names[process.id] = name }
    processes.append(process)
    aliveCount += 1
    unblockedCount += 1
    let context = context(process)
    process.task = Task(executorPreference: executor) {
      do {
        try await body(context)
        process.engine.finish(process)
      } catch {
        process.engine.fail(process, with: error)
      }
    }
    return process
  }

  func name(ofProcess id: Int) -> String { names[id] ?? "rank \(id)" }

  /// Makes room for events to `handler`, which the caller keeps alive.
  public func register(_ handler: any EventHandler) -> EventHandlerID {
    precondition(handlers.count < 255, "an engine has at most 255 event handlers")
    return EventHandlerID(index: UInt64(handlers.insert(handler)))
  }

  // MARK: Events

  /// Schedules an event; `token` has 56 bits. `time` must not be before ``now``.
  @inline(__always)
  public func schedule(
    at time: VirtualTime, priority: EventPriority = .traffic, _ handler: EventHandlerID, token: UInt64
  ) {
    insert(time: time, priority: priority, target: handler.index << 56 | token)
  }

  private func insert(time: VirtualTime, priority: EventPriority, target: UInt64) {
    precondition(time >= self.time, "an event was scheduled in the past")
    let order = UInt64(priority.rawValue) << 56 | sequence
    sequence += 1
    queue.insert(Event(time: time.picoseconds, order: order, target: target))
  }

  /// When the next event happens, if any is to come. It may have become void by then.
  public var nextEventTime: VirtualTime? { queue.isEmpty ? nil : VirtualTime(picoseconds: queue.firstTime) }

  /// Asks for a call of ``instantObserver`` before time advances.
  @inline(__always)
  public func requestInstantEnd() { needsInstantEnd = true }

  // MARK: Suspended processes

  func nextSuspension() -> UInt64 {
    suspensions += 1
    return suspensions
  }

  func block(_ waiter: Waiter, deadline: VirtualTime?, suspension: UInt64?) -> WaiterToken {
    let process = waiter.process
    if process.waiterCount == 0 { unblockedCount -= 1 }
    process.waiterCount += 1
    let token = waiters.insert(waiter, suspension: suspension)
    // One that lies behind the end of virtual time never comes.
    if let deadline, deadline <= .limit {
      insert(time: max(deadline, now), priority: .timeout, target: Self.timeoutHandler << 56 | token.bits)
    }
    return token
  }

  private func unblock(_ token: WaiterToken) -> Waiter? {
    guard let waiter = waiters.remove(token) else { return nil }
    waiter.process.waiterCount -= 1
    if waiter.process.waiterCount == 0 { unblockedCount += 1 }
    return waiter
  }

  /// Lets a suspended process go on at `time`, or at its own clock where that is later. Does nothing when the process has
  /// gone on already.
  public func wake(_ token: WaiterToken, at time: VirtualTime) {
    guard let waiter = unblock(token) else { return }
    waiter.process.catchUp(with: time)
    waiter.continuation.resume(returning: .ready)
  }

  /// Lets a suspended process go on with an error.
  public func wake(_ token: WaiterToken, throwing error: any Error) {
    guard let waiter = unblock(token) else { return }
    waiter.process.catchUp(with: now)
    waiter.continuation.resume(throwing: error)
  }

  /// Lets a suspended process go on when `time` has come and all messages of that instant have arrived.
  public func wakeLater(_ token: WaiterToken, at time: VirtualTime) {
    insert(time: time, priority: .process, target: Self.wakeHandler << 56 | token.bits)
  }

  fileprivate func timeOut(_ token: WaiterToken) {
    guard let waiter = unblock(token) else { return }
    waiter.process.catchUp(with: now)
    waiter.continuation.resume(returning: .timedOut)
  }

  /// Ends a process without failing the run: whatever it waits for throws `error`, and so does every primitive it calls
  /// from now on.
  public func kill(_ process: LogicalProcess, with error: any Error) {
    guard !process.isFinished else { return }
    killed[process.id] = error
    for token in waiters.tokens(of: process) { wake(token, throwing: error) }
  }

  /// Why a process has been killed, if it has.
  func deathCause(of process: LogicalProcess) -> (any Error)? { killed.isEmpty ? nil : killed[process.id] }

  // MARK: Cancellation

  /// Notes that a child task's suspension is over.
  func forget(suspension: UInt64) { _ = waiters.takeToken(ofSuspension: suspension) }

  /// Cancels a suspension; may be called from any thread.
  func requestCancellation(suspension: UInt64) {
    if executor.isOwnerThread {
      cancel(suspension: suspension)
    } else {
      cancellations.withLock { $0.append(suspension) }
      hasCancellations.store(true, ordering: .releasing)
    }
  }

  func cancel(suspension: UInt64) {
    guard let token = waiters.takeToken(ofSuspension: suspension), !hasEnded else { return }
    wake(token, throwing: CancellationError())
  }

  private func takeCancellations() {
    guard hasCancellations.exchange(false, ordering: .acquiring) else { return }
    let suspensions = cancellations.withLock { pending in
      defer { pending = [] }
      return pending
    }
    suspensions.forEach(cancel(suspension:))
  }

  /// Ends the run soon with ``SimulationFailure/interrupted(at:)``; may be called from any thread.
  public func interrupt() { interruption.request() }

  /// Whether somebody has asked for the end of the run.
  public var isInterrupted: Bool { interruption.isRequested }

  // MARK: The rule of time

  /// Runs until every process has finished.
  ///
  /// - Parameter owner: what processes use and has to live as long as they do: of a run that ended early, some may still
  ///   wind down on another thread.
  /// - Throws: ``SimulationFailure`` when a process throws, nothing can happen any more, a process awaits something that
  ///   is not simulated, or the run is interrupted. All processes have then been cancelled.
  public func run(keeping owner: (any AnyObject & Sendable)? = nil) throws(SimulationFailure) {
    executor.claim()
    repeat { executor.drain() } while advance()
    end(keeping: owner)
    if let failure { throw failure }
  }

  /// Lets events happen, without any process, until none is left before `end`.
  public func runEvents(before end: VirtualTime = .distantFuture) {
    while true {
      if needsInstantEnd, queue.isEmpty || queue.firstTime > now.picoseconds {
        endInstant()
      } else if !queue.isEmpty, queue.firstTime < end.picoseconds {
        dispatchFirst()
      } else {
        return
      }
    }
  }

  @inline(__always)
  private func dispatchFirst() {
    let event = queue.removeFirst()
    time = VirtualTime(picoseconds: event.time)
    dispatchedCount += 1
    if queue.count >= Self.eventsBeyondCaches {
      let next = queue.firstTarget
      handlers[Int32(truncatingIfNeeded: next >> 56)].prepare(token: next & 0x00FF_FFFF_FFFF_FFFF)
    }
    handlers[Int32(truncatingIfNeeded: event.target >> 56)].handle(token: event.target & 0x00FF_FFFF_FFFF_FFFF)
  }

  private func endInstant() {
    needsInstantEnd = false
    instantObserver?.instantEnds()
  }

  /// Lets the next event happen. Returns `false` when the run is over.
  private func advance() -> Bool {
    if isInterrupted { return stop(.interrupted(at: now)) }
    if failure != nil { return false }
    if hasCancellations.load(ordering: .relaxed) {
      takeCancellations()
      return true
    }
    if unblockedCount > 0 { return stop(foreignWait()) }
    if needsInstantEnd, queue.isEmpty || queue.firstTime > now.picoseconds {
      endInstant()
      return true
    }
    if aliveCount == 0 { return false }
    if queue.isEmpty { return lastResort?() == true ? true : stop(deadlock()) }
    if queue.firstTime > Picoseconds.limit { return stop(.timeExceeded(TimeExceeded(subjectOfFirstEvent))) }
    dispatchFirst()
    return true
  }

  /// What the earliest event is about, where its handler can say.
  private var subjectOfFirstEvent: String? {
    let target = queue.firstTarget
    return handlers[Int32(truncatingIfNeeded: target >> 56)].subject(token: target & 0x00FF_FFFF_FFFF_FFFF)
  }

  private func stop(_ reason: SimulationFailure) -> Bool {
    failure = reason
    return false
  }

  private func finish(_ process: LogicalProcess) {
    process.isFinished = true
    process.task = nil
    guard !hasEnded else { return }
    aliveCount -= 1
    unblockedCount -= 1
    if process.now > .limit, failure == nil { failure = .timeExceeded(TimeExceeded(process.name)) }
  }

  private func fail(_ process: LogicalProcess, with error: any Error) {
    finish(process)
    guard !hasEnded, failure == nil, deathCause(of: process) == nil else { return }
    if let exceeded = error as? TimeExceeded {
      failure = .timeExceeded(exceeded)
    } else {
      failure = .processFailed(ProcessFailure(process: process, error: error))
    }
  }

  private func deadlock() -> SimulationFailure {
    .deadlock(DeadlockReport(time: now, waiters: Array(waiters.all), circumstances: circumstances?() ?? []))
  }

  private func foreignWait() -> SimulationFailure {
    let culprits = processes.filter { !$0.isFinished && $0.waiterCount == 0 }
    return .foreignWait(ForeignWait(processes: culprits))
  }

  /// Cancels what is still alive, so that nothing keeps running or waiting.
  private func end(keeping owner: (any AnyObject & Sendable)?) {
    hasEnded = true
    let cancellation: any Error = CancellationError()
    for waiter in waiters.removeAll() {
      waiter.continuation.resume(throwing: cancellation)
      executor.drain()
    }
    for process in processes where !process.isFinished { process.task?.cancel() }
    executor.drain()
    executor.close()
    keepAlive(owner)
    for process in processes { process.task = nil }
  }

  /// Keeps the engine and its owner until the processes have ended that await something outside the simulation.
  private func keepAlive(_ owner: (any AnyObject & Sendable)?) {
    let stragglers = processes.filter { !$0.isFinished }.compactMap(\.task)
    guard !stragglers.isEmpty else { return }
    Task.detached { [self] in
      for task in stragglers { await task.value }
      withExtendedLifetime((self, owner)) {}
    }
  }

  /// The latest clock of any process: when the simulated program ended.
  public var endTime: VirtualTime { processes.reduce(now) { max($0, $1.now) } }
}

/// Names a handler in ``Engine/schedule(at:priority:_:token:)``.
public struct EventHandlerID: Sendable {
  let index: UInt64

  /// Stands for a handler that has not been registered yet.
  public static let none = EventHandlerID(index: 255)
}

/// Told when an instant is over, before time advances.
public protocol InstantObserver: AnyObject {
  func instantEnds()
}

private final class WakeHandler: EventHandler {
  private unowned let engine: Engine
  init(engine: Engine) { self.engine = engine }
  func handle(token: UInt64) { engine.wake(WaiterToken(bits: token), at: engine.now) }
}

private final class TimeoutHandler: EventHandler {
  private unowned let engine: Engine
  init(engine: Engine) { self.engine = engine }
  func handle(token: UInt64) { engine.timeOut(WaiterToken(bits: token)) }
}
