import SimulationKernel

/// A rank's clock as a Swift `Clock`: virtual time in simulation, wall time since the run began in deployment.
///
///     try await rank.clock.sleep(for: .milliseconds(5))
public struct RankClock: Clock {
  private let services: any RankServices

  init(_ services: any RankServices) { self.services = services }

  /// The time on the rank's clock.
  public var now: VirtualTime { services.now }

  /// One picosecond.
  public var minimumResolution: Duration { .picoseconds(1) }

  /// Suspends until the clock has reached `deadline`: in simulation by moving it, in deployment by waiting.
  ///
  /// - Throws: `CancellationError` when the task has been cancelled or the run is being interrupted.
  public func sleep(until deadline: VirtualTime, tolerance: Duration? = nil) async throws {
    try await services.sleep(until: deadline)
  }
}
