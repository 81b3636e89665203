import Inputs

/// Virtual time as a Swift `Clock`, seen by one process.
///
/// `now` is the process's local clock. Sleeping is an event, so that another task of the process can go on meanwhile: a
/// receive with a time limit, say, is met by a message that arrives before the limit.
///
///     try await clock.sleep(for: .milliseconds(5))
public struct VirtualClock: Clock {
  private let process: LogicalProcess

  init(process: LogicalProcess) { self.process = process }

  /// The process's local clock.
  public var now: VirtualTime { process.now }

  /// One picosecond.
  public var minimumResolution: Duration { .picoseconds(1) }

  /// Suspends the task until the local clock is at `deadline`, and ``Engine/sleepOvershootPicoseconds`` beyond it.
  ///
  /// - Throws: `CancellationError` when the task has been cancelled or the run is being interrupted.
  public func sleep(until deadline: VirtualTime, tolerance: Duration? = nil) async throws {
    try Task.checkCancellation()
    if process.engine.isInterrupted { throw CancellationError() }
    guard deadline > process.now else { return }
    let end = deadline.advanced(byPicoseconds: process.engine.sleepOvershootPicoseconds)
    try await process.sleep(until: end, at: process.lastPrimitive ?? SourceLocation())
  }
}
