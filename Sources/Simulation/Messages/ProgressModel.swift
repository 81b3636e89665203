import Network
import SimulationKernel

/// When a host's communication library makes progress.
///
/// A library's threads need a core. With one to spare they have it at once (strong progress). On a host of one core they
/// wait while the rank computes: until it calls the library and waits (weak progress), or until the operating system's
/// scheduler preempts it after ``TransportProfile/progressDelayPicoseconds``. Ranks run ahead of the engine until they
/// wait, so a rank's clock tells when it will have finished computing.
struct ProgressModel {
  private let engine: Engine
  private let delay: Int64

  init(engine: Engine, profile: TransportProfile) {
    self.engine = engine
    delay = profile.progressDelayPicoseconds
  }

  /// Whether the library makes progress at any time, whatever its rank does.
  var isStrong: Bool { delay == 0 }

  /// Calls `action` as soon as the library of `process` makes progress, which may be now.
  func whenMade(by process: LogicalProcess, _ action: @escaping () -> Void) {
    let (latest, isNever) = engine.now.picoseconds.addingReportingOverflow(delay)
    whenMade(by: process, noLaterThan: VirtualTime(picoseconds: isNever ? .max : latest), action)
  }

  /// A rank that has not had to wait when it first could is asked again: after all processes of that instant, since one
  /// whose program runs elsewhere tells only then whether it goes on computing.
  private func whenMade(by process: LogicalProcess, noLaterThan latest: VirtualTime, _ action: @escaping () -> Void) {
    let time = min(latest, nextFreeTime(of: process))
    guard time > engine.now else { return action() }
    engine.call(at: time, priority: .timeout) { whenMade(by: process, noLaterThan: latest, action) }
  }

  /// When a process next leaves its processor to others: when it sleeps, as far as is known, or when it has to wait.
  private func nextFreeTime(of process: LogicalProcess) -> VirtualTime {
    guard let rest = process.lastRest, rest.upperBound > engine.now else { return process.now }
    return max(rest.lowerBound, engine.now)
  }
}
