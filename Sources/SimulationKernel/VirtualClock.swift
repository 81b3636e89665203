/// Virtual time as a Swift `Clock`, seen by one process.
///
/// `now` is the process's local clock, and sleeping moves it: neither waits for anybody.
///
///     try await clock.sleep(for: .milliseconds(5))
public struct VirtualClock: Clock {
  private let process: LogicalProcess

  init(process: LogicalProcess) { self.process = process }

  /// The process's local clock.
  public var now: VirtualTime { process.now }

  /// One picosecond.
  public var minimumResolution: Duration { .picoseconds(1) }

  /// Moves the local clock to `deadline`, and by ``Engine/sleepOvershootPicoseconds`` beyond it.
  /// - Throws: `CancellationError` when the task has been cancelled or the run is being interrupted.
  public func sleep(until deadline: VirtualTime, tolerance: Duration? = nil) async throws {
    try Task.checkCancellation()
    if process.engine.isInterrupted { throw CancellationError() }
    guard deadline > process.now else { return }
    process.rest(until: deadline.advanced(byPicoseconds: process.engine.sleepOvershootPicoseconds))
  }
}
