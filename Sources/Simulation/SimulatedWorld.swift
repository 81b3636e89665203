import Communication
import Hosts
import Network
import SimulationKernel

/// Ranks on devices that are joined by a network: all that a simulation consists of, before any program.
///
/// Sendable without checks because after its making it is used only on the engine's thread.
public final class SimulatedWorld: @unchecked Sendable {
  /// The clock and the events of this world.
  public let engine: Engine
  /// What the messages travel over.
  public let network: FlowNetwork
  /// What the communication library adds to the network.
  public let profile: TransportProfile
  /// Who chooses collective algorithms.
  public let selector: AlgorithmSelector
  /// Which ranks share a machine.
  public let placement: Placement
  /// Number of ranks; rank `i` runs on host `i`.
  public let size: Int

  let collectiveTraffic: CollectiveTraffic
  let pointToPointTraffic: PointToPointTraffic
  private(set) var uncontendedTiming: UncontendedTiming?
  private(set) var countedTraffic: TrafficAccount?
  private let dispatcher: MessageDispatcher
  private var groups: [GroupKey: ProcessGroup] = [:]
  private var groupRequests: [GroupRequest: Int] = [:]
  private(set) lazy var worldGroup = ProcessGroup(id: 0, name: "world", worldRanks: Array(0..<size), world: self)

  /// Ranks whose devices have stopped working.
  var failures: [Int: RankFailure] = [:]

  /// The host threads of ranks whose devices are accelerators.
  private(set) var hostThreads: [Int: HostThread] = [:]

  /// Every group made so far.
  var allGroups: [ProcessGroup] { [worldGroup] + groups.values.sorted { $0.id < $1.id } }

  func group(numbered number: Int) -> ProcessGroup? {
    number == worldGroup.id ? worldGroup : groups.values.first { $0.id == number }
  }

  private struct GroupKey: Hashable {
    let ranks: [Int]
    let name: String
    let occurrence: Int

    /// By what the group is, not by its number, which depends on who asks for a group first. (FNV-1a, 64 bits.)
    var path: PathChoice {
      var hash: UInt64 = 0xCBF2_9CE4_8422_2325
      func add(_ value: UInt64) { hash = (hash ^ value) &* 0x100_0000_01B3 }
      for rank in ranks { add(UInt64(rank)) }
      for byte in name.utf8 { add(UInt64(byte)) }
      add(UInt64(occurrence))
      return .hashed(Int(hash >> 33))
    }
  }

  private struct GroupRequest: Hashable {
    let process: Int
    let ranks: [Int]
    let name: String
  }

  /// - Parameters:
  ///   - topology: one host for each rank.
  ///   - placement: which ranks share a machine, for the choice of algorithms.
  public init(
    topology: Topology, profile: TransportProfile = .ideal, selector: AlgorithmSelector = .ideal,
    placement: Placement? = nil, seed: UInt64 = 0, interruption: Interruption = Interruption()
  ) {
    size = topology.hostCount
    engine = Engine(seed: seed, expecting: size, interruption: interruption)
    engine.sleepOvershootPicoseconds = profile.host.sleepOvershootPicoseconds
    network = FlowNetwork(topology: topology, engine: engine)
    network.sendBufferBytes = Double(profile.wire.sendBufferBytes ?? 0)
    self.profile = profile
    self.selector = selector
    self.placement = placement ?? Placement(ranksPerNode: 1, topology: topology)
    let library = CommunicationLibrary(engine: engine, network: network, profile: profile)
    collectiveTraffic = CollectiveTraffic(library)
    pointToPointTraffic = PointToPointTraffic(library)
    dispatcher = MessageDispatcher(collectives: collectiveTraffic, pointToPoint: pointToPointTraffic)
    network.observer = dispatcher
    pointToPointTraffic.failureBehind = { [unowned self] in failure(between: $0, and: $1, of: $2) }
    pointToPointTraffic.lateDelivery = { [unowned self] in failHopelessReceives(of: $0) }
    engine.circumstances = { [unowned self] in circumstances }
  }

  /// What a report of a deadlock has to say of the network: links that carry nothing while messages wait, and devices that
  /// have stopped working.
  private var circumstances: [String] {
    network.stalledLinks.map { link, time in
      "link \(network.topology.name(of: link)) has carried nothing since \(time), and messages wait on it"
    } + failures.values.sorted { ($0.time, $0.rank) < ($1.time, $1.rank) }.map(\.description)
  }

  /// Whether collectives that have the network to themselves are timed at once instead of message by message. Their
  /// messages are then not shown to the observer.
  public var usesMemoisedTiming: Bool {
    get { uncontendedTiming != nil }
    set { uncontendedTiming = newValue ? UncontendedTiming(world: self) : nil }
  }

  /// How many collectives were timed at once, and how many of those went on message by message when other traffic came.
  public var uncontendedCounts: (shortcuts: Int, takeovers: Int) {
    (uncontendedTiming?.shortcutCount ?? 0, uncontendedTiming?.takeoverCount ?? 0)
  }

  /// Whether links or devices are to change during the run.
  public var changesOverTime = false

  /// Counts each rank's bytes from now on, if wanted.
  public func countTraffic() -> TrafficAccount {
    let account = TrafficAccount(ranks: size)
    countedTraffic = account
    collectiveTraffic.account = account
    pointToPointTraffic.account = account
    return account
  }

  // The network holds its dispatcher, whose traffic holds the network.
  deinit { network.observer = nil }

  /// Told of what happens from now on.
  public weak var observer: (any RunObserver)? {
    didSet {
      collectiveTraffic.observer = observer
      pointToPointTraffic.observer = observer
    }
  }

  /// Adds the next rank, whose body sees it through a context of the caller's.
  public func spawn<Context: Sendable>(
    context: (LogicalProcess, any Communicator) -> Context, _ body: @escaping @Sendable (Context) async throws -> Void
  ) {
    let makeContext = { (process: LogicalProcess) in
      context(process, SimulatedCommunicator(group: self.worldGroup, rank: process.id, process: process))
    }
    engine.spawn(context: makeContext, body)
  }

  /// Adds all ranks, which share one body.
  public func spawnAll<Context: Sendable>(
    context: (LogicalProcess, any Communicator) -> Context, _ body: @escaping @Sendable (Context) async throws -> Void
  ) {
    while engine.processes.count < size { spawn(context: context, body) }
  }

  /// Runs until every rank's body has ended.
  public func run() throws(SimulationFailure) {
    do throws(SimulationFailure) {
      try engine.run(keeping: self)
    } catch {
      // What has been counted beforehand of collectives that were timed at once has not all moved.
      uncontendedTiming?.settleAccounts()
      throw error
    }
  }

  /// The group of these ranks and this name. Members that ask for the same for the n-th time get the same group.
  func group(
    of worldRanks: [Int], name: String, selector: AlgorithmSelector? = nil, askedBy process: LogicalProcess
  ) -> ProcessGroup {
    let request = GroupRequest(process: process.id, ranks: worldRanks, name: name)
    let occurrence = groupRequests[request, default: 0]
    groupRequests[request] = occurrence + 1
    let key = GroupKey(ranks: worldRanks, name: name, occurrence: occurrence)
    if let known = groups[key] { return known }
    let group = ProcessGroup(
      id: groups.count + 1, path: key.path, name: name, worldRanks: worldRanks, world: self, selector: selector)
    groups[key] = group
    return group
  }

  /// The host thread of a rank whose device is an accelerator.
  func makeHostThread(_ model: DispatchModel, of process: LogicalProcess) -> HostThread {
    let thread = HostThread(model, of: process, libraryWorksOnHost: profile.host.worksOnHost)
    hostThreads[process.id] = thread
    return thread
  }

  /// Links that some message could have taken as well as those that it took, but that none has taken.
  public func idleAlternatives() -> [LinkID] {
    uncontendedTiming?.noteConnections()
    return network.idleAlternatives()
  }

  func connection(from source: Int, to destination: Int, of group: ProcessGroup) -> ConnectionID {
    network.connection(from: source, to: destination, channel: group.id, path: group.path)
  }
}
