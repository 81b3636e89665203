import Communication
import Network
import SimulationKernel
import Testing

@testable import Simulation

@Suite("Memoised timing of uncontended collectives")
struct UncontendedTimingTests {
  /// What a run is judged by: every rank's clock after every operation, and the bytes that each rank sent and received.
  struct Outcome: Equatable {
    var clocks: [[Int64]] = []
    var sent: [Int] = []
    var received: [Int] = []
    var messages = 0
  }

  /// A random program: collectives of the world and of random halves, messages between pairs, and computing.
  struct Plan {
    enum Step {
      case compute([Int64])
      case collective(CollectiveOperation, bytes: Int, group: [Int]?)
      case asynchronous(bytes: Int, work: [Int64])
      case message(from: Int, to: Int, bytes: Int)
    }

    let ranks: Int
    let topology: Topology
    let selector: AlgorithmSelector
    let profile: TransportProfile
    var steps: [Step] = []
    var changes: [(time: Double, link: LinkID, factor: Double)] = []
  }

  @Test("gives every member the same instants, and every rank the same bytes, as message by message", arguments: 0..<20)
  func agreesWithMessages(block: Int) throws {
    var shortcuts = 0
    var takeovers = 0
    for seed in (block * 25)..<(block * 25 + 25) {
      let plan = try Self.plan(seed: UInt64(seed))

      let (slow, _) = try run(plan, quick: false)
      let (quick, counts) = try run(plan, quick: true)

      for rank in 0..<plan.ranks {
        for (left, right) in zip(slow.clocks[rank], quick.clocks[rank]) {
          #expect(
            abs(left - right) <= max(64, Int64(1e-9 * Double(left))), "seed \(seed), rank \(rank): \(left), \(right)")
        }
      }
      #expect(slow.sent == quick.sent && slow.received == quick.received, "seed \(seed)")
      #expect(slow.messages == quick.messages, "seed \(seed)")
      shortcuts += counts.shortcuts
      takeovers += counts.takeovers
    }
    #expect(shortcuts > 25, "the shortcut must have been taken often for this test to mean anything")
    #expect(takeovers > 0, "messages must have taken over at least once")
  }

  @Test("a lone collective among equal ranks is timed at once")
  func loneCollective() throws {
    let topology = try Topology.singleSwitch(
      hosts: 8, link: Link(bytesPerSecond: 1e8, latency: .microseconds(10)))
    let plan = Plan(
      ranks: 8, topology: topology, selector: .ideal, profile: .ideal,
      steps: Array(repeating: .collective(.allReduce, bytes: 8_000_000, group: nil), count: 5))

    let (outcome, counts) = try run(plan, quick: true)

    #expect(counts.shortcuts == 5)
    #expect(counts.takeovers == 0)
    let each = 14 * (20_000_000 + 10_000_000_000)
    #expect(outcome.clocks == Array(repeating: (1...5).map { Int64($0 * each) }, count: 8))
  }

  // MARK: Running

  private func run(_ plan: Plan, quick: Bool) throws -> (Outcome, (shortcuts: Int, takeovers: Int)) {
    let world = SimulatedWorld(topology: plan.topology, profile: plan.profile, selector: plan.selector)
    world.usesMemoisedTiming = quick
    let account = world.countTraffic()
    let clocks = ClockRecorder(ranks: plan.ranks)
    for change in plan.changes {
      world.engine.call(at: VirtualTime(seconds: change.time)) { [network = world.network] in
        network.setCapacity(bytesPerSecond: network.capacity(of: change.link) * change.factor, of: change.link)
      }
    }
    for _ in 0..<plan.ranks {
      world.spawn(context: { ($0, $1) }) { process, communicator in
        for step in plan.steps {
          try await perform(step, process, communicator)
          clocks.note(process)
        }
      }
    }
    try world.run()
    return (
      Outcome(
        clocks: clocks.clocks, sent: account.sentBytes, received: account.receivedBytes, messages: account.messages),
      world.uncontendedCounts
    )
  }

  private func perform(_ step: Plan.Step, _ process: LogicalProcess, _ world: any Communicator) async throws {
    switch step {
    case .compute(let times): process.compute(picoseconds: times[process.id])
    case .collective(let operation, let bytes, let members):
      var group = world
      if let members {
        guard members.contains(process.id) else { return }
        group = try await world.subgroup(members, name: "part")
      }
      try await group.takePart(in: operation, bytes: bytes)
    case .asynchronous(let bytes, let times):
      let location = SourceLocation()
      let first = try world.startAllReduce(Size(byteCount: bytes), .sum, at: location)
      process.compute(picoseconds: times[process.id])
      let second = try world.startAllGather(Size(byteCount: bytes / 2), counts: nil, at: location)
      try await second.wait()
      try await first.wait()
    case .message(let source, let destination, let bytes):
      if process.id == source { try await world.send(Size(byteCount: bytes), to: destination) }
      if process.id == destination { _ = try await world.receive(Size.self, from: source) }
    }
  }

  // MARK: Random programs

  private static func plan(seed: UInt64) throws -> Plan {
    var random = RandomStream(seed: seed)
    let ranks = Int.random(in: 2...8, using: &random)
    let selectors: [AlgorithmSelector] = [.ideal, .gloo, .nccl]
    let profiles: [TransportProfile] = [.ideal, .ideal, .glooTCP]
    let topology = try topology(ranks: ranks, &random)
    var plan = Plan(
      ranks: ranks, topology: topology, selector: selectors.randomElement(using: &random)!,
      profile: profiles.randomElement(using: &random)!)
    for _ in 0..<Int.random(in: 2...8, using: &random) { plan.steps.append(step(ranks: ranks, &random)) }
    if Int.random(in: 0..<4, using: &random) == 0 {
      plan.changes.append(
        (
          time: Double.random(in: 0...0.05, using: &random),
          link: LinkID(Int.random(in: 0..<topology.links.count, using: &random)), factor: 0.5
        ))
    }
    return plan
  }

  private static func topology(ranks: Int, _ random: inout RandomStream) throws -> Topology {
    let link = Link(
      bytesPerSecond: Double(Int.random(in: 1...4, using: &random)) * 1e7,
      latency: .microseconds(Int.random(in: 1...300, using: &random)))
    switch Int.random(in: 0..<5, using: &random) {
    case 0, 1: return try .singleSwitch(hosts: ranks, link: link)
    case 2: return try .sharedMedium(hosts: ranks, channel: link)
    case 3: return try .twoLevelTree(hosts: ranks, hostsPerLeaf: 2, spines: 1, link: link, oversubscription: 2)
    default: return try .ring(hosts: ranks, link: link)
    }
  }

  private static func step(ranks: Int, _ random: inout RandomStream) -> Plan.Step {
    let bytes = Int.random(in: 0...200_000, using: &random)
    let times = (0..<ranks).map { _ in Int64.random(in: 0...5_000_000_000, using: &random) }
    switch Int.random(in: 0..<10, using: &random) {
    case 0: return .compute(Array(repeating: times[0], count: ranks))
    case 1, 2: return .compute(times)
    case 3:
      let source = Int.random(in: 0..<ranks, using: &random)
      return .message(from: source, to: (source + Int.random(in: 1..<ranks, using: &random)) % ranks, bytes: bytes)
    case 4: return .asynchronous(bytes: bytes, work: times)
    case 5:
      let members = (0..<ranks).shuffled(using: &random).prefix(Int.random(in: 1...ranks, using: &random))
      return .collective(.allReduce, bytes: bytes, group: Array(members))
    default:
      return .collective(CollectiveOperation.allCases.randomElement(using: &random)!, bytes: bytes, group: nil)
    }
  }
}

/// Each rank's clock after each step; used on the engine's thread only.
private final class ClockRecorder: @unchecked Sendable {
  private(set) var clocks: [[Int64]]

  init(ranks: Int) { clocks = Array(repeating: [], count: ranks) }

  func note(_ process: LogicalProcess) { clocks[process.id].append(process.now.picoseconds) }
}
