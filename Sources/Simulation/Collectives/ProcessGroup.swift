import Communication
import Network
import SimulationKernel

/// Ranks that communicate with each other, and their collectives under way.
///
/// Sendable without checks because it is used only on the engine's thread.
final class ProcessGroup: @unchecked Sendable {
  let id: Int
  /// Which of several equally good paths its messages take.
  let path: PathChoice
  let name: String
  let worldRanks: [Int]
  unowned let world: SimulatedWorld
  /// How many collectives each member has called.
  private var calls: [Int32]
  private var open: [Int: CollectiveExecution] = [:]
  private var plans: [CollectiveShape: CollectivePlan] = [:]

  /// Set when the device of a member, or one between members, has stopped working: no collective can end any more.
  private var failure: RankFailure?
  private let selector: AlgorithmSelector
  private lazy var layout = world.placement.layout(of: worldRanks)

  /// - Parameter selector: who chooses the group's algorithms; the world's unless given.
  init(
    id: Int, path: PathChoice = .hashed(0), name: String, worldRanks: [Int], world: SimulatedWorld,
    selector: AlgorithmSelector? = nil
  ) {
    self.id = id
    self.path = path
    self.name = name
    self.worldRanks = worldRanks
    self.world = world
    self.selector = selector ?? world.selector
    calls = Array(repeating: 0, count: worldRanks.count)
    failure = worldRanks.compactMap { world.failures[$0] }.min { ($0.time, $0.rank) < ($1.time, $1.rank) }
  }

  /// The collective that is this member's next one, opened by whoever comes first.
  func join(_ member: Int, call: CollectiveCall, contribution: any Sendable, process: LogicalProcess) throws
    -> CollectiveExecution
  {
    if let failure { throw failure }
    let number = Int(calls[member])
    calls[member] += 1
    let execution = try open[number] ?? begin(number, call)
    guard execution.call.agrees(with: call) else {
      throw CollectiveMismatch(group: name, number: number, first: execution.call, call: call)
    }
    try execution.join(member, shape: call.shape, contribution: contribution, at: process.now)
    if execution.isAboutToBegin { try world.uncontendedTiming?.consider(execution) }
    return execution
  }

  private func begin(_ number: Int, _ call: CollectiveCall) throws -> CollectiveExecution {
    let execution = CollectiveExecution(
      group: self, callNumber: number, call: call, plan: try plan(for: call.shape), traffic: world.collectiveTraffic)
    open[number] = execution
    return execution
  }

  private func plan(for shape: CollectiveShape) throws -> CollectivePlan {
    if let known = plans[shape] { return known }
    let plan = try selector.plan(for: shape, layout: layout)
    plans[shape] = plan
    return plan
  }

  /// Ends all collectives under way, and those to come, with an error.
  func fail(with failure: RankFailure) {
    guard self.failure == nil else { return }
    self.failure = failure
    for number in open.keys.sorted() { open[number]?.fail(with: failure) }
    open = [:]
  }

  /// The failure of a rank that is no member and between members, unless the group has failed already.
  func failure(behind rank: Int) -> RankFailure? {
    failure == nil && !worldRanks.contains(rank) ? world.failures[rank] : nil
  }

  func close(_ execution: CollectiveExecution) { open[execution.callNumber] = nil }

  /// The connection from one member to another.
  func connection(from member: Int, to peer: Int) -> ConnectionID {
    connection(fromWorld: worldRanks[member], toWorld: worldRanks[peer])
  }

  /// The connection from one member to another that takes a certain one of several paths.
  func connection(from member: Int, to peer: Int, lane: Int) -> ConnectionID {
    world.network.connection(from: worldRanks[member], to: worldRanks[peer], channel: id, path: .lane(lane))
  }

  /// Whether two members sit on one node.
  func shareNode(_ member: Int, _ other: Int) -> Bool { layout.nodeOfMember[member] == layout.nodeOfMember[other] }

  /// The connection from one member to another, by their world ranks.
  func connection(fromWorld source: Int, toWorld destination: Int) -> ConnectionID {
    world.connection(from: source, to: destination, of: self)
  }
}
