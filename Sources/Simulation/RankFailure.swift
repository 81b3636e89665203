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
  /// it, sends to it, receives from it or calls a collective with it from now on gets a ``RankFailure``. So does who talks
  /// to others through it, where devices relay (``Topology/hostsRelay``).
  public func failRank(_ rank: Int) {
    guard failures[rank] == nil else { return }
    let failure = RankFailure(rank: rank, time: engine.now)
    // What has been timed at once has to stand where its messages would, since some of these are lost.
    uncontendedTiming?.giveWay(toFailureOf: rank)
    failures[rank] = failure
    engine.kill(engine.processes[rank], with: failure)
    network.failHost(rank)
    pointToPointTraffic.failHopelessSends()
    for group in allGroups where group.worldRanks.contains(rank) { group.fail(with: failure) }
    for process in engine.processes where process.id != rank { failHopelessReceives(of: process) }
  }

  /// Ends a process's receives whose senders have all failed, as far as nothing of theirs is about to be delivered.
  func failHopelessReceives(of process: LogicalProcess) {
    process.mailbox.failReceives { failureBehind($0, of: process) }
  }

  /// Why a receive cannot be met any more, if it cannot: the first failure among its senders.
  private func failureBehind(_ pattern: EnvelopePattern, of process: LogicalProcess) -> RankFailure? {
    guard let group = group(numbered: pattern.context) else { return nil }
    let senders = pattern.source.map { [$0] } ?? group.worldRanks
    let others = senders.filter { $0 != process.id || pattern.source == process.id }
    let failed = others.compactMap { failure(between: $0, and: process.id, of: group) }
    guard failed.count == others.count,
      !others.contains(where: { pointToPointTraffic.isAboutToDeliver(from: $0, to: process.id) })
    else { return nil }
    return failed.min { ($0.time, $0.rank) < ($1.time, $1.rank) }
  }

  /// Why two ranks of a group cannot talk to each other any more, if they cannot: a device of theirs, or one that would
  /// relay, has stopped working.
  func failure(between source: Int, and destination: Int, of group: ProcessGroup) -> RankFailure? {
    failures.isEmpty
      ? nil
      : network.failedHost(between: source, and: destination, by: group.path).flatMap { failures[$0] }
  }
}
