import Communication
import Network
import SimulationKernel

@testable import Simulation

/// What ranks have to say, in the order of the simulation; used on the engine's thread only.
final class Journal<Entry: Sendable>: @unchecked Sendable {
  private(set) var entries: [Entry] = []
  func add(_ entry: Entry) { entries.append(entry) }
}

extension SimulatedWorld {
  /// A world on one switch, whose paths have a latency of `alpha` and the bandwidth of one link.
  static func onSwitch(
    ranks: Int, alpha: Duration = .milliseconds(2), bytesPerSecond: Double = 1e6, isFullDuplex: Bool = true,
    profile: TransportProfile = .ideal, selector: AlgorithmSelector = .ideal
  ) throws -> SimulatedWorld {
    SimulatedWorld(
      topology: try .singleSwitch(
        hosts: ranks, link: Link(bytesPerSecond: bytesPerSecond, latency: alpha / 2), isFullDuplex: isFullDuplex),
      profile: profile, selector: selector)
  }

  /// Runs one body on all ranks.
  func run(
    _ body: @escaping @Sendable (LogicalProcess, any Communicator) async throws -> Void
  ) throws(SimulationFailure) {
    for _ in 0..<size { spawn(context: { ($0, $1) }) { try await body($0, $1) } }
    try run()
  }

  /// Runs one body on all ranks and returns what the run failed with.
  func failure(
    _ body: @escaping @Sendable (LogicalProcess, any Communicator) async throws -> Void
  ) -> SimulationFailure? {
    do {
      try run(body)
      return nil
    } catch {
      return error
    }
  }
}
