import Communication
import Hosts
import Network
import Quantities
import SimulationKernel

/// Memoised timing of uncontended collectives: of those that have the network to themselves.
///
/// When the last member joins before the first has begun, and no message is anywhere, the collective's timeline is looked up,
/// or found by an ``IsolatedSimulation``, once for each ``UncontendedSituation``: shape, plan, and how much later each member
/// starts than the first. Its links are then reserved for as long as the timeline uses each of them, and every member's part
/// is scheduled to end when the timeline says.
///
/// As soon as another message would meet it on a link, the collective is simulated again in isolation up to this very
/// instant, taken over in that state, and goes on message by message. Up to then nothing else has touched its links, so
/// its messages would have done the same.
final class UncontendedTiming: ReservationHolder {
  private final class Run {
    let execution: CollectiveExecution
    let situation: UncontendedSituation
    let timeline: UncontendedTimeline
    let start: Int64
    let end: Int64

    init(execution: CollectiveExecution, situation: UncontendedSituation, timeline: UncontendedTimeline, start: Int64) {
      self.execution = execution
      self.situation = situation
      self.timeline = timeline
      self.start = start
      let duration = max(timeline.ends.max() ?? 0, timeline.linkUse.values.lazy.map(\.last).max() ?? 0)
      end = Picoseconds.sum(start, duration)
    }

    /// Whether its links are free and its members have ended.
    func isOver(at time: Int64) -> Bool { end <= time && execution.hasEnded }

    func lastUse(of link: LinkID) -> Int64? { timeline.linkUse[link].map { $0.last + start } }
  }

  /// How many situations of one group are remembered: links that change all the time would fill the memory.
  private static let mostTimelines = 4096

  private unowned let world: SimulatedWorld
  private var simulations: [Int: IsolatedSimulation] = [:]
  private var timelines: [Int: [UncontendedSituation: UncontendedTimeline]] = [:]
  private var running: [Run] = []
  /// How many collectives were timed at once, and how many of them had to be taken over by messages.
  private(set) var shortcutCount = 0
  private(set) var takeoverCount = 0

  init(world: SimulatedWorld) {
    self.world = world
    world.network.setReservationHolder(self)
  }

  /// Takes a collective that all members have joined and none has begun, if it has the network to itself.
  func consider(_ execution: CollectiveExecution) throws(CollectiveError) {
    forgetPastRuns()
    guard world.network.isQuiet, world.network.isRepeatable, world.collectiveTraffic.library.progress.isStrong,
      !world.collectiveTraffic.library.processors.remembers,
      world.collectiveTraffic.library.profile.wire.sendBufferBytes == nil,
      !execution.call.isUnevenAllToAll, world.failures.isEmpty || !world.network.topology.hostsRelay
    else { return }
    let starts = execution.startTimes
    guard let first = starts.min() else { return }
    let situation = UncontendedSituation(
      shape: execution.call.shape, plan: execution.plan, offsets: starts.map { $0 - first },
      capacities: world.network.changedCapacities)
    guard let timeline = try timeline(of: situation, for: execution) else { return }
    let run = Run(execution: execution, situation: situation, timeline: timeline, start: first)
    guard run.end <= Picoseconds.limit, isFree(run) else { return }
    running.append(run)
    shortcutCount += 1
    for (link, use) in timeline.linkUse { reserve(link, until: use.last + first) }
    execution.endUncontended(at: timeline.ends.map { VirtualTime(picoseconds: $0 + first) })
    world.countedTraffic?.add(timeline, of: execution.group)
  }

  /// How a collective would go over the links as they are now; `nil` where it would not end.
  private func timeline(of situation: UncontendedSituation, for execution: CollectiveExecution) throws(CollectiveError)
    -> UncontendedTimeline?
  {
    let group = execution.group
    if let known = timelines[group.id]?[situation] { return known }
    let simulation = simulations[group.id] ?? IsolatedSimulation(of: group)
    guard let timeline = try simulation.timeline(of: situation, call: execution.call) else {
      // Its messages are still under way.
      simulations[group.id] = nil
      return nil
    }
    simulations[group.id] = simulation
    if timelines[group.id, default: [:]].count >= Self.mostTimelines { timelines[group.id] = [:] }
    timelines[group.id, default: [:]][situation] = timeline
    return timeline
  }

  private func isFree(_ run: Run) -> Bool {
    run.timeline.linkUse.allSatisfy { link, use in
      world.network.reservationEnd(of: link).map { $0.picoseconds <= use.first + run.start } ?? true
    }
  }

  private func reserve(_ link: LinkID, until end: Int64) {
    let present = world.network.reservationEnd(of: link)?.picoseconds ?? .min
    world.network.reserve(link, until: VirtualTime(picoseconds: max(present, end)))
  }

  private func forgetPastRuns() {
    let now = world.engine.now.picoseconds
    guard running.contains(where: { $0.isOver(at: now) }) else { return }
    let past = running.filter { $0.isOver(at: now) }
    running.removeAll { $0.isOver(at: now) }
    past.forEach(freeLinks)
  }

  /// Frees a run's links, as far as no other one needs them.
  private func freeLinks(of run: Run) {
    for link in run.timeline.linkUse.keys {
      let end = running.compactMap { $0.lastUse(of: link) }.max()
      world.network.reserve(link, until: end.map { VirtualTime(picoseconds: $0) })
    }
  }

  /// Tells the network which connections its simulations have used.
  func noteConnections() {
    for simulation in simulations.values { world.network.noteConnections(of: simulation.network) }
  }

  // MARK: Giving way

  func linkIsWanted(_ link: LinkID, at time: VirtualTime) {
    giveWay { ($0.lastUse(of: link) ?? .min) > time.picoseconds }
  }

  /// Lets messages take over collectives of which a rank takes part, or whose messages it may relay, before it fails.
  func giveWay(toFailureOf rank: Int) {
    let relays = world.network.topology.hostsRelay
    giveWay { relays || $0.execution.group.worldRanks.contains(rank) }
  }

  private func giveWay(where isAffected: (Run) -> Bool) {
    let affected = running.filter(isAffected)
    running.removeAll { run in affected.contains { $0 === run } }
    for run in affected {
      freeLinks(of: run)
      takeOver(run)
    }
  }

  /// Counts of collectives that have not ended what has moved by now, after a run that has ended early.
  func settleAccounts() {
    forgetPastRuns()
    for run in running where !run.execution.hasEnded {
      guard let (simulation, _, _) = simulatedAgain(run) else { continue }
      world.countedTraffic?.remove(run.timeline, of: run.execution.group)
      world.countedTraffic?.add(simulation.account, of: run.execution.group)
    }
    running = []
  }

  /// A run's collective in its state of now, by an isolated simulation that is used for nothing else hereafter.
  private func simulatedAgain(_ run: Run) -> (
    simulation: IsolatedSimulation, execution: CollectiveExecution, base: Int64
  )? {
    let group = run.execution.group
    let simulation = simulations.removeValue(forKey: group.id) ?? IsolatedSimulation(of: group)
    let elapsed = world.engine.now.picoseconds - run.start
    guard let (execution, base) = try? simulation.run(run.situation, call: run.execution.call, before: elapsed) else {
      return nil
    }
    world.network.noteConnections(of: simulation.network)
    return (simulation, execution, base)
  }

  /// Goes on message by message from now.
  private func takeOver(_ run: Run) {
    guard !run.execution.hasEnded else { return }
    takeoverCount += 1
    guard let (simulation, execution, base) = simulatedAgain(run) else {
      preconditionFailure("a collective that has been simulated once can be simulated again")
    }
    let group = run.execution.group
    let shift = run.start - base
    world.countedTraffic?.remove(run.timeline, of: group)
    world.countedTraffic?.add(simulation.account, of: group)
    world.countedTraffic?.add(simulation.linkBytes)
    run.execution.adopt(execution, shiftedBy: shift)
    world.collectiveTraffic.adopt(simulation.traffic, for: run.execution, shiftedBy: shift, network: simulation.network)
  }
}
