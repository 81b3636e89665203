import Network
import SimulationKernel

/// When a host's processor attends to what its communication library has to do.
///
/// A library's threads need a processor. On a host with a core to spare they have one at once. On a host of one core the
/// rank's own computing is in their way: until the rank waits, or until the system's scheduler takes the processor away
/// from it. Ranks run ahead of the engine until they wait, so the instant at which a rank will have computed is its clock.
struct Attention {
  private let engine: Engine
  private let delay: Int64

  init(engine: Engine, profile: TransportProfile) {
    self.engine = engine
    delay = profile.progressDelayPicoseconds
  }

  /// Whether all hosts have a core to spare.
  var isImmediate: Bool { delay == 0 }

  /// Does something now, or as soon as the processor that `process` computes on attends to it.
  func whenGiven(by process: LogicalProcess, _ action: @escaping () -> Void) {
    let (latest, isNever) = engine.now.picoseconds.addingReportingOverflow(delay)
    whenGiven(by: process, noLaterThan: VirtualTime(picoseconds: isNever ? .max : latest), action)
  }

  /// A rank that has not had to wait when it first could is asked again: after all processes of that instant, since one
  /// whose program runs elsewhere tells only then whether it goes on computing.
  private func whenGiven(by process: LogicalProcess, noLaterThan latest: VirtualTime, _ action: @escaping () -> Void) {
    let time = min(latest, nextFreeTime(of: process))
    guard time > engine.now else { return action() }
    engine.call(at: time, priority: .timeout) { whenGiven(by: process, noLaterThan: latest, action) }
  }

  /// When a process next leaves its processor to others: when it sleeps, as far as is known, or when it has to wait.
  private func nextFreeTime(of process: LogicalProcess) -> VirtualTime {
    guard let rest = process.lastRest, rest.upperBound > engine.now else { return process.now }
    return max(rest.lowerBound, engine.now)
  }
}
