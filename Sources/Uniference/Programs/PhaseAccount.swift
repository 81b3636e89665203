import SimulationKernel

/// The phases that a rank's program has gone through, and how long its device computed in each.
struct PhaseAccount {
  private struct Phase {
    let name: String
    let start: VirtualTime
    let busyBefore: Duration
  }

  private var phases: [Phase] = []
  private var hasEnded = false

  /// Ends the present phase, if there is one, and begins the next.
  ///
  /// - Parameter busy: how long the device has computed so far.
  mutating func begin(_ name: String, at time: VirtualTime, busy: Duration) {
    phases.append(Phase(name: name, start: time, busyBefore: busy))
  }

  /// The phase that the program is in, and when it began.
  var present: (name: String, start: VirtualTime)? { hasEnded ? nil : phases.last.map { ($0.name, $0.start) } }

  /// Notes that the program is in no phase any more.
  mutating func end() { hasEnded = true }

  /// All phases, the last of which lasts until `end`; `nil` where the program has named none.
  func report(until end: VirtualTime, busy: Duration) -> [SimulationReport.Phase]? {
    guard !phases.isEmpty else { return nil }
    return phases.indices.map { index in
      let (phase, next) = (phases[index], phases.dropFirst(index + 1).first)
      return SimulationReport.Phase(
        name: phase.name, start_s: seconds(phase.start), end_s: seconds(next?.start ?? end),
        busy_s: ((next?.busyBefore ?? busy) - phase.busyBefore).inSeconds)
    }
  }

  private func seconds(_ time: VirtualTime) -> Double { VirtualTime.zero.duration(to: time).inSeconds }
}
