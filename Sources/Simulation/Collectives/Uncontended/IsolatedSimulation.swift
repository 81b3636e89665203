import Communication
import Network
import SimulationKernel

/// A simulation of one group's collectives, message by message, in a world of its own with nothing else in it.
final class IsolatedSimulation {
  private let world: SimulatedWorld
  private let group: ProcessGroup
  /// What links had carried before the latest simulation.
  private var carriedBefore: [Double] = []

  /// - Parameter group: whose collectives are simulated.
  init(of group: ProcessGroup) {
    let live = group.world
    world = SimulatedWorld(
      topology: live.network.topology, profile: live.profile, selector: live.selector, placement: live.placement)
    self.group = ProcessGroup(
      id: group.id, path: group.path, name: group.name, worldRanks: group.worldRanks, world: world)
  }

  /// Simulates a collective to its end; `nil` where links that are down keep it from one, or where that lies behind the end
  /// of virtual time. The simulation cannot be used afterwards then.
  func timeline(of situation: UncontendedSituation, call: CollectiveCall) throws(CollectiveError)
    -> UncontendedTimeline?
  {
    let (execution, base) = try run(situation, call: call, before: nil)
    guard world.engine.now <= .limit, execution.hasEnded else { return nil }
    let account = world.countedTraffic
    let ranks = group.worldRanks
    return UncontendedTimeline(
      ends: ranks.indices.map { execution.endTime(of: $0).picoseconds - base },
      linkUse: (world.network.linkUse ?? [:]).mapValues { LinkUse(first: $0.first - base, last: $0.last - base) },
      linkBytes: linkBytes,
      sentBytes: ranks.map { account?.sentBytes[$0] ?? 0 },
      receivedBytes: ranks.map { account?.receivedBytes[$0] ?? 0 },
      messages: account?.messages ?? 0)
  }

  /// Simulates a collective up to an instant, so that it can be taken over in that state. The simulation cannot be used
  /// afterwards.
  ///
  /// - Parameter time: picoseconds after the first member's start; events at it have not happened.
  /// - Returns: the collective, and the simulation's time at which its first member started.
  func run(_ situation: UncontendedSituation, call: CollectiveCall, before time: Int64?) throws(CollectiveError)
    -> (execution: CollectiveExecution, base: Int64)
  {
    take(situation.capacities)
    world.network.linkUse = [:]
    carriedBefore = world.network.topology.links.indices.map { world.network.bytesCarried(by: LinkID($0)) }
    _ = world.countTraffic()
    let base = world.engine.now.picoseconds
    let execution = CollectiveExecution(
      group: group, callNumber: 0, call: call, plan: situation.plan, traffic: world.collectiveTraffic)
    for (member, offset) in situation.offsets.enumerated() {
      try execution.join(
        member, shape: situation.shape, contribution: (), at: VirtualTime(picoseconds: base + offset))
    }
    world.engine.runEvents(before: time.map { VirtualTime(picoseconds: base + $0) } ?? .distantFuture)
    return (execution, base)
  }

  /// Gives the links the capacities that they had when the collective began.
  private func take(_ capacities: [LinkID: Double]) {
    let network = world.network
    for link in network.changedCapacities.keys where capacities[link] == nil {
      network.setCapacity(bytesPerSecond: network.topology.links[Int(link)].bytesPerSecond, of: link)
    }
    for (link, capacity) in capacities { network.setCapacity(bytesPerSecond: capacity, of: link) }
  }

  /// Bytes of messages that have arrived in the latest simulation, by link.
  var linkBytes: [LinkID: Double] {
    Dictionary(
      uniqueKeysWithValues: (world.network.linkUse ?? [:]).keys.map { link in
        (link, world.network.bytesCarried(by: link) - carriedBefore[Int(link)])
      })
  }

  /// The network in which the collective has been simulated.
  var network: FlowNetwork { world.network }
  var traffic: CollectiveTraffic { world.collectiveTraffic }
  var account: TrafficAccount? { world.countedTraffic }
}
