import DequeModule
import Dispatch
import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Runs the tasks of logical processes one after another, in the order they became ready, on the thread that drives
/// the engine.
///
/// A job that arrives from another thread means that a process awaited something which is not simulated. It is set
/// aside, never run while the simulation goes on, so that wall-clock time cannot enter the result; the engine finds
/// the process and names it.
///
/// Sendable without checks because `ready` is touched only by the owning thread (`enqueue` compares threads first) and
/// everything that other threads touch is behind the mutex.
final class LogicalProcessExecutor: TaskExecutor, @unchecked Sendable {
  private struct Shared: Sendable {
    var strays: [UnownedJob] = []
    var isClosed = false
  }

  private var ready = Deque<UnownedJob>()
  private var owner: pthread_t
  private let shared = Mutex(Shared())

  init() { owner = pthread_self() }

  /// Makes the calling thread the one that runs jobs.
  func claim() { owner = pthread_self() }

  /// Whether the caller is on the thread that runs jobs.
  var isOwnerThread: Bool { pthread_equal(pthread_self(), owner) != 0 }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    if isOwnerThread {
      ready.append(job)
    } else {
      enqueueStray(job)
    }
  }

  /// Runs every ready job and those that become ready meanwhile.
  func drain() {
    while let job = ready.popFirst() {
      job.runSynchronously(on: asUnownedTaskExecutor())
    }
  }

  /// Lets stray jobs run from now on: the simulation has ended, and what they belong to only has to wind down.
  func close() {
    let strays = shared.withLock { state in
      state.isClosed = true
      defer { state.strays = [] }
      return state.strays
    }
    strays.forEach(runElsewhere)
  }

  private func enqueueStray(_ job: UnownedJob) {
    let isClosed = shared.withLock { state in
      if !state.isClosed { state.strays.append(job) }
      return state.isClosed
    }
    if isClosed { runElsewhere(job) }
  }

  private func runElsewhere(_ job: UnownedJob) {
    DispatchQueue.global().async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
