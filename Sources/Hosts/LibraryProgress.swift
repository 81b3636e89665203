import Quantities
import SimulationKernel

/// When the communication library of each host makes progress, by a ``ProgressModel``.
///
/// Ranks run ahead of the engine until they wait, so a rank's clock tells when it will have finished computing.
public struct LibraryProgress: Sendable {
  /// Whether the library makes progress at any time, whatever its rank does.
  public let isStrong: Bool
  private let engine: Engine
  /// How long at most it takes until the library makes progress.
  private let delay: Int64

  /// The progress of the libraries of an engine's processes.
  public init(engine: Engine, model: ProgressModel) {
    self.engine = engine
    delay =
      switch model {
      case .strong: 0
      case .weak: Picoseconds.forever
      case .delayed(let picoseconds): picoseconds
      }
    isStrong = delay == 0
  }

  /// Calls `action` as soon as the library of `process` makes progress, which may be now.
  public func whenMade(by process: LogicalProcess, _ action: @escaping () -> Void) {
    whenMade(by: process, noLaterThan: engine.now.advanced(byPicoseconds: delay), action)
  }

  /// A rank that has not had to wait when it first could is asked again: after all processes of that instant, since one
  /// whose program runs elsewhere tells only then whether it goes on computing.
  private func whenMade(by process: LogicalProcess, noLaterThan latest: VirtualTime, _ action: @escaping () -> Void) {
    // A process that sleeps or waits has stopped its clock where it began to.
    let time = min(latest, process.now)
    guard time > engine.now else { return action() }
    engine.call(at: time, priority: .timeout) { whenMade(by: process, noLaterThan: latest, action) }
  }
}
