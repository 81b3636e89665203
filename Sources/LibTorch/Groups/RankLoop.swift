import DequeModule
import Foundation
import Synchronization

/// A communication that goes on as its rank asks for it.
protocol Advancing: AnyObject, Sendable {
  /// Whether it has ended.
  ///
  /// - Parameter mayBlock: whether the thread has nothing better to do than to wait for it.
  /// - Throws: what it ended with.
  func advance(mayBlock: Bool) throws -> Bool
}

/// Runs the tasks of one rank in deployment, one after another, on the thread that calls ``run(_:)``.
///
/// When no task can go on, the loop waits for communication: for a single one that is waited for it blocks in c10d, several
/// are asked in turn, so that no order of waiting among a rank's own tasks can deadlock. While it blocks, only
/// communication goes on; what else a task may await (``sleep(until:)`` apart, which the loop knows of) goes on later.
///
/// Sendable without checks because `ready` is behind the mutex and everything else is touched on the loop's thread only.
package final class RankLoop: TaskExecutor, @unchecked Sendable {
  private struct Waiter {
    let operation: any Advancing
    let continuation: CheckedContinuation<Void, any Error>
  }

  private struct Sleeper {
    let end: ContinuousClock.Instant
    let continuation: CheckedContinuation<Void, any Error>
  }

  private let ready = Mutex(Deque<UnownedJob>())
  private let newJobs = DispatchSemaphore(value: 0)
  private var waiters: [Waiter] = []
  private var sleepers: [Sleeper] = []
  private var outcome: Result<Void, any Error>?

  package init() {}

  /// Runs a rank's body, and all tasks that it makes, until the body has ended.
  package func run(_ body: @escaping @Sendable () async throws -> Void) throws {
    Task(executorPreference: self) {
      do {
        try await body()
        self.outcome = .success(())
      } catch {
        self.outcome = .failure(error)
      }
    }
    var pause = Pause()
    while true {
      if runReadyJobs() { pause.reset() }
      if let outcome { return try outcome.get() }
      if waiters.isEmpty && sleepers.isEmpty {
        newJobs.wait()
      } else if resumeEnded() {
        pause.reset()
      } else {
        pause.wait(atMost: sleepers.map(\.end).min())
      }
    }
  }

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    ready.withLock { $0.append(job) }
    newJobs.signal()
  }

  /// Suspends the task until the operation has ended.
  func wait(for operation: any Advancing) async throws {
    try await withCheckedThrowingContinuation { waiters.append(Waiter(operation: operation, continuation: $0)) }
  }

  /// Suspends the task until an instant.
  package func sleep(until end: ContinuousClock.Instant) async throws {
    try Task.checkCancellation()
    try await withCheckedThrowingContinuation { sleepers.append(Sleeper(end: end, continuation: $0)) }
  }

  private func runReadyJobs() -> Bool {
    var ran = false
    while let job = ready.withLock({ $0.popFirst() }) {
      // Whoever waits for a new job has been signalled for this one.
      _ = newJobs.wait(timeout: .now())
      job.runSynchronously(on: asUnownedTaskExecutor())
      ran = true
    }
    return ran
  }

  /// Resumes tasks whose communication or sleep has ended.
  private func resumeEnded() -> Bool {
    let now = ContinuousClock.now
    let mayBlock = waiters.count == 1 && sleepers.isEmpty
    let asked = waiters
    waiters = []
    var remaining: [Waiter] = []
    for waiter in asked {
      do {
        if try waiter.operation.advance(mayBlock: mayBlock) {
          waiter.continuation.resume()
        } else {
          remaining.append(waiter)
        }
      } catch {
        waiter.continuation.resume(throwing: error)
      }
    }
    waiters = remaining + waiters
    let due = sleepers.filter { $0.end <= now }
    sleepers.removeAll { $0.end <= now }
    for sleeper in due { sleeper.continuation.resume() }
    return remaining.count < asked.count || !due.isEmpty
  }
}

/// Waits between questions: at first only for other threads to have their turn, then longer and longer.
private struct Pause {
  private var count = 0

  mutating func reset() { count = 0 }

  mutating func wait(atMost end: ContinuousClock.Instant?) {
    count += 1
    if count <= 16 {
      sched_yield()
      return
    }
    let longest = end.map { max(.zero, $0 - .now) } ?? .seconds(1)
    let pause = min(.microseconds(10 * min(count - 16, 50)), longest)
    var time = timespec(tv_sec: 0, tv_nsec: Int(pause.components.attoseconds / 1_000_000_000))
    nanosleep(&time, nil)
  }
}
