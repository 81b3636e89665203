import Communication
import Network
import SimulationKernel

@testable import Simulation

/// A world in which devices stop working and links go down, and a program for it whose ranks go on after every error, drawn
/// from a seed.
struct FaultyProgram {
  enum Step {
    case compute([Int64])
    case collective(CollectiveOperation, bytes: Int, group: Int)
    /// Two collectives of which each rank waits for the second one first.
    case pair(bytes: Int, group: Int, work: [Int64])
    case message(from: Int, to: Int, bytes: Int)
    /// A message whose receiver takes what comes from anybody.
    case anySource(from: Int, to: Int, bytes: Int)
    /// Everybody sends to the next rank before it receives.
    case shift(bytes: Int)
    /// A receive that is given up when it has not been met by then.
    case impatient(from: Int, to: Int, bytes: Int, patience: Int64)
    /// A group of its own, made now.
    case newGroup([Int], bytes: Int)
  }

  let seed: UInt64
  let ranks: Int
  let topology: Topology
  let profile: TransportProfile
  let selector: AlgorithmSelector
  /// Members of each group by world rank; the first is the world.
  let groups: [[Int]]
  let steps: [Step]
  let failures: [(rank: Int, time: Int64)]
  let changes: [(link: LinkID, steps: CapacitySteps)]

  init(seed: UInt64) throws {
    var random = RandomStream(seed: seed, stream: 0x6661_756C_7473)
    self.seed = seed
    let topology = try Self.topology(Int.random(in: 2...7, using: &random), &random)
    self.topology = topology
    let ranks = topology.hostCount
    self.ranks = ranks
    profile = Self.profile(&random)
    selector = [AlgorithmSelector.ideal, .gloo, .nccl, .custom].randomElement(using: &random)!
    let groups =
      [Array(0..<ranks)]
      + (0..<2).map { _ in
        Array((0..<ranks).shuffled(using: &random).prefix(Int.random(in: 1...ranks, using: &random)))
      }
    self.groups = groups
    steps = (0..<Int.random(in: 3...12, using: &random)).map { _ in Self.step(ranks, groups.count, &random) }
    failures = (0..<Int.random(in: 0...2, using: &random)).map { _ in
      (rank: Int.random(in: 0..<ranks, using: &random), time: Self.time(&random))
    }
    changes = (0..<Int.random(in: 0...2, using: &random)).map { _ in
      let link = LinkID(Int.random(in: 0..<topology.links.count, using: &random))
      let capacity = topology.links[Int(link)].bytesPerSecond
      let begin = Self.time(&random)
      let isForGood = Int.random(in: 0..<8, using: &random) == 0
      let end = begin + 1 + Self.time(&random)
      let during = Bool.random(using: &random) ? 0 : capacity / 3
      let down = CapacitySteps.Step(at: VirtualTime(picoseconds: begin), bytesPerSecond: during)
      let up = CapacitySteps.Step(at: VirtualTime(picoseconds: end), bytesPerSecond: capacity)
      return (link, CapacitySteps(from: capacity, isForGood ? [down] : [down, up]))
    }
  }

  /// Up to 40 ms, to the picosecond, so that few of them meet anything by chance.
  private static func time(_ random: inout RandomStream) -> Int64 {
    Int64.random(in: 0...40_000_000_000, using: &random)
  }

  private static func topology(_ hosts: Int, _ random: inout RandomStream) throws -> Topology {
    let isLossy = Int.random(in: 0..<8, using: &random) == 0
    let link = Link(
      bytesPerSecond: Double(Int.random(in: 1...4, using: &random)) * 1e7,
      latency: Bool.random(using: &random) ? .zero : .microseconds(Int.random(in: 1...300, using: &random)),
      jitter: isLossy ? .microseconds(100) : .zero, loss: isLossy ? 0.1 : 0)
    switch Int.random(in: 0..<11, using: &random) {
    case 0: return try .sharedMedium(hosts: hosts, channel: link)
    case 1: return try .ring(hosts: hosts, link: link)
    case 2: return try .twoLevelTree(hosts: hosts, hostsPerLeaf: 2, spines: 1, link: link, oversubscription: 2)
    case 3:
      let cables = (0..<hosts).flatMap { host in
        ["a", "b"].map { Topology.Cable(from: "h\(host)", to: $0, link: link) }
      }
      return try .graph(hosts: (0..<hosts).map { "h\($0)" }, cables: cables)
    case 4: return try .line(hosts: hosts, link: link)
    case 5: return try .star(hosts: hosts, link: link)
    case 6: return try .torus(dimensions: [2, (hosts + 1) / 2], link: link)
    default: return try .singleSwitch(hosts: hosts, link: link)
    }
  }

  private static func profile(_ random: inout RandomStream) -> TransportProfile {
    var own = TransportProfile(name: "own")
    own.wire.rendezvousThresholdBytes = 20_000
    own.host.receive.picosecondsPerByte = 300
    own.wire.clearToSendBytes = 100
    own.wire.sendBufferBytes = Bool.random(using: &random) ? 30_000 : nil
    return [.ideal, .ideal, .nccl, .glooTCP, own].randomElement(using: &random)!
  }

  private static func step(_ ranks: Int, _ groups: Int, _ random: inout RandomStream) -> Step {
    let bytes = Int.random(in: 0...3, using: &random) == 0 ? 0 : Int.random(in: 0...200_000, using: &random)
    let times = (0..<ranks).map { _ in Int64.random(in: 0...5_000_000_000, using: &random) }
    let group = Int.random(in: 0..<groups, using: &random)
    let source = Int.random(in: 0..<ranks, using: &random)
    let destination = (source + Int.random(in: 1..<ranks, using: &random)) % ranks
    switch Int.random(in: 0..<14, using: &random) {
    case 0: return .compute(times)
    case 1: return .compute(Array(repeating: times[0], count: ranks))
    case 2, 3: return .message(from: source, to: destination, bytes: bytes)
    case 4: return .anySource(from: source, to: destination, bytes: bytes)
    case 5: return .shift(bytes: bytes)
    // One that took no time would arrive when its receive is posted, and either might come first.
    case 6: return .impatient(from: source, to: destination, bytes: bytes + 1, patience: times[0])
    case 7: return .pair(bytes: bytes, group: group, work: times)
    case 8:
      let members = (0..<ranks).shuffled(using: &random).prefix(Int.random(in: 1...ranks, using: &random))
      return .newGroup(Array(members), bytes: bytes)
    default:
      let operation = CollectiveOperation.allCases.randomElement(using: &random)!
      return .collective(operation, bytes: bytes, group: group)
    }
  }
}

/// What became of a faulty program: what each rank says of each of its steps and when, and who has sent what.
struct FaultOutcome {
  struct Entry {
    let step: Int
    let text: String
    let time: Int64
  }

  var entries: [[Entry]]
  var failure: String?
  var sent: [Int] = []
  var received: [Int] = []
  var messages = 0
}

extension FaultyProgram {
  /// - Parameter usesShortcut: whether collectives may be timed at once.
  func run(usesShortcut: Bool, observer: (any RunObserver)? = nil) -> (
    outcome: FaultOutcome, shortcuts: Int, takeovers: Int
  ) {
    let world = SimulatedWorld(topology: topology, profile: profile, selector: selector, seed: seed)
    world.usesMemoisedTiming = usesShortcut
    let account = world.countTraffic()
    world.observer = observer
    for (link, steps) in changes { world.network.follow(steps, of: link) }
    for failure in failures {
      world.engine.call(at: VirtualTime(picoseconds: failure.time)) { [unowned world] in
        world.failRank(failure.rank)
        precondition(world.network.isSound, "seed \(seed)")
      }
    }
    let notes = FaultNotes(ranks: ranks)
    for _ in 0..<ranks {
      world.spawn(context: { ($0, $1) }) { process, communicator in
        for (number, step) in steps.enumerated() {
          var text = ""
          do {
            text = try await perform(step, process, communicator)
          } catch let error as CancellationError {
            throw error
          } catch {
            text = "\(error)"
          }
          notes.add(FaultOutcome.Entry(step: number, text: text, time: process.now.picoseconds), of: process.id)
        }
      }
    }
    var outcome = FaultOutcome(entries: [])
    do { try world.run() } catch { outcome.failure = Self.kind(of: error) }
    outcome.entries = notes.entries
    (outcome.sent, outcome.received) = (account.sentBytes, account.receivedBytes)
    outcome.messages = account.messages
    return (outcome, world.uncontendedCounts.shortcuts, world.uncontendedCounts.takeovers)
  }

  /// A deadlock's ranks and what may be to blame; its time may lie apart by what is done after the last of them waits.
  private static func kind(of failure: SimulationFailure) -> String {
    guard case .deadlock(let report) = failure else { return "\(failure)" }
    return (report.entries.map { "\($0.name) \($0.wait.operation)" } + report.circumstances).joined(separator: "\n")
  }

  private func perform(_ step: Step, _ process: LogicalProcess, _ world: any Communicator) async throws -> String {
    let location = SourceLocation(fileID: #fileID, line: #line)
    switch step {
    case .compute(let times): process.compute(picoseconds: times[process.id])
    case .collective(let operation, let bytes, let number):
      guard let group = try await group(number, process, world) else { return "no member" }
      try await group.takePart(in: operation, bytes: bytes)
    case .pair(let bytes, let number, let times):
      guard let group = try await group(number, process, world) else { return "no member" }
      let first = try group.startAllReduce(Size(byteCount: bytes), .sum, at: location)
      process.compute(picoseconds: times[process.id])
      let second = try group.startAllGather(Size(byteCount: bytes / 2), counts: nil, at: location)
      try await second.wait()
      try await first.wait()
    case .message(let source, let destination, let bytes):
      if process.id == source { try await world.send(Size(byteCount: bytes), to: destination) }
      if process.id == destination { _ = try await world.receive(Size.self, from: source) }
    case .anySource(let source, let destination, let bytes):
      if process.id == source { try await world.send(Size(byteCount: bytes), to: destination, tag: 77) }
      if process.id == destination {
        let received = try await world.startReceive(Size.self, from: nil, tag: 77, at: location).wait()
        return "from \(received.source)"
      }
    case .shift(let bytes):
      let send = try world.startSend(Size(byteCount: bytes), to: (world.rank + 1) % world.size, tag: 5, at: location)
      let source = (world.rank + world.size - 1) % world.size
      _ = try await world.receive(Size.self, from: source, tag: 5)
      try await send.wait()
    case .impatient(let source, let destination, let bytes, let patience):
      if process.id == source { try await world.send(Size(byteCount: bytes), to: destination, tag: 99) }
      if process.id == destination {
        return try await receive(from: source, tag: 99, for: patience, process, world) ? "received" : "given up"
      }
    case .newGroup(let members, let bytes):
      guard members.contains(process.id) else { return "no member" }
      let group = try await world.subgroup(members, name: "late")
      _ = try await group.allReduce(Size(byteCount: bytes))
    }
    return "done"
  }

  private func group(
    _ number: Int, _ process: LogicalProcess, _ world: any Communicator
  ) async throws -> (any Communicator)? {
    guard groups[number].contains(process.id) else { return nil }
    // A rank asks for a group once for each step, all in the same order, so members meet in the same ones.
    return number == 0 ? world : try await world.subgroup(groups[number], name: "group \(number)")
  }

  /// Two tasks, of which the one that ends first has the other one cancelled.
  private func receive(
    from source: Int, tag: Int, for patience: Int64, _ process: LogicalProcess, _ world: any Communicator
  ) async throws -> Bool {
    try await withThrowingTaskGroup(of: Bool.self) { tasks in
      tasks.addTask {
        _ = try await world.receive(Size.self, from: source, tag: tag)
        return true
      }
      tasks.addTask {
        try await process.clock.sleep(for: .picoseconds(patience))
        return false
      }
      defer { tasks.cancelAll() }
      return try await tasks.next() ?? false
    }
  }
}

/// Used on the engine's thread only.
private final class FaultNotes: @unchecked Sendable {
  private(set) var entries: [[FaultOutcome.Entry]]

  init(ranks: Int) { entries = Array(repeating: [], count: ranks) }

  func add(_ entry: FaultOutcome.Entry, of rank: Int) { entries[rank].append(entry) }
}
