import SimulationKernel

/// A rank whose device has stopped working.
public struct RankFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// The rank in the world.
  public let rank: Int
  /// When it stopped.
  public let time: VirtualTime

  /// Who stopped, and when.
  public var description: String { "the device of rank \(rank) stopped working at virtual time \(time)" }
}

extension SimulatedWorld {
  /// Stops a rank's device now: its process ends without failing the run, its messages are lost, and whoever waits for
  /// it, or calls a collective with it from now on, gets a ``RankFailure``.
  public func failRank(_ rank: Int) {
    let failure = RankFailure(rank: rank, time: engine.now)
    failures[rank] = failure
    network.failHost(rank)
    engine.kill(engine.processes[rank], with: failure)
    for group in allGroups where group.worldRanks.contains(rank) { group.fail(with: failure) }
    for process in engine.processes where process.id != rank {
      process.mailbox.failReceives(where: { $0.source == rank }, with: failure)
    }
    pointToPointTraffic.failSends(to: rank, with: failure)
  }
}
