import Communication
import Network
import SimulationKernel

@testable import Simulation

/// A world and a program for it, drawn from a seed: batches of operations that are all started, at staggered times, and
/// then waited for in an order of each rank's own.
struct RandomProgram {
  struct Step {
    enum Kind: CaseIterable {
      case allReduce, allGather, reduceScatter, reduce, broadcast, gather, scatter, allToAll, barrier, shift
    }

    let number: Int
    let kind: Kind
    /// Which of the program's groups.
    let group: Int
    let reduction: ReductionOperator
    let isSinglePrecision: Bool
    /// Elements of each member's block where blocks differ, and of every block where they do not.
    let counts: [Int]
    let usesCounts: Bool
    let root: Int
    /// How far a shift passes its payload.
    let distance: Int
  }

  let seed: UInt64
  let ranks: Int
  /// Members of each group by world rank; the first is the world.
  let groups: [[Int]]
  let batches: [[Step]]
  private let profile: TransportProfile
  private let selector: AlgorithmSelector
  private let isQuick: Bool

  init(seed: UInt64) {
    var random = RandomStream(seed: seed)
    self.seed = seed
    let ranks = Int.random(in: 1...9, using: &random)
    self.ranks = ranks
    groups =
      [Array(0..<ranks)]
      + (0..<2).map { _ in
        Array((0..<ranks).shuffled(using: &random).prefix(Int.random(in: 1...ranks, using: &random)))
      }
    var number = 0
    var batches: [[Step]] = []
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      var batch: [Step] = []
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        batch.append(Self.step(number, groups, &random))
        number += 1
      }
      batches.append(batch)
    }
    self.batches = batches
    var partly = TransportProfile(name: "partly rendezvous")
    partly.wire.rendezvousThresholdBytes = 24
    partly.host.receive.picosecondsPerByte = 100
    profile = [.ideal, .glooTCP, .nccl, partly].randomElement(using: &random)!
    let base = [AlgorithmSelector.ideal, .gloo, .nccl, .ncclSimple, .custom].randomElement(using: &random)!
    var overrides: [CollectiveOperation: CollectiveAlgorithm] = [:]
    for operation in CollectiveOperation.allCases where Bool.random(using: &random) {
      overrides[operation] = operation.algorithms.randomElement(using: &random)!
    }
    selector = .fixed(overrides, otherwise: base)
    isQuick = Bool.random(using: &random)
  }

  private static func step(_ number: Int, _ groups: [[Int]], _ random: inout RandomStream) -> Step {
    let group = Int.random(in: 0..<groups.count, using: &random)
    let size = groups[group].count
    let usesCounts = Bool.random(using: &random)
    let equal = Int.random(in: 0...[0, 3, 40].randomElement(using: &random)!, using: &random)
    return Step(
      number: number, kind: Step.Kind.allCases.randomElement(using: &random)!, group: group,
      reduction: ReductionOperator.allCases.randomElement(using: &random)!,
      isSinglePrecision: Bool.random(using: &random),
      counts: (0..<size).map { _ in usesCounts ? Int.random(in: 0...5, using: &random) : equal },
      usesCounts: usesCounts, root: Int.random(in: 0..<size, using: &random),
      distance: Int.random(in: 0..<size, using: &random))
  }

  func makeWorld() throws -> SimulatedWorld {
    var random = RandomStream(seed: seed, stream: 1)
    let topology = try Self.topology(ranks, &random)
    let divisors = (1...ranks).filter { ranks % $0 == 0 }
    let world = SimulatedWorld(
      topology: topology, profile: profile, selector: selector,
      placement: Placement(ranksPerNode: divisors.randomElement(using: &random)!, topology: topology), seed: seed)
    world.usesMemoisedTiming = isQuick
    return world
  }

  private static func topology(_ hosts: Int, _ random: inout RandomStream) throws -> Topology {
    let isLossy = Int.random(in: 0..<4, using: &random) == 0
    let link = Link(
      bytesPerSecond: Double(Int.random(in: 1...4, using: &random)) * 1e5,
      latency: .microseconds(Int.random(in: 0...300, using: &random)), jitter: isLossy ? .microseconds(500) : .zero,
      loss: isLossy ? 0.2 : 0)
    switch Int.random(in: 0..<11, using: &random) {
    case 0: return try .singleSwitch(hosts: hosts, link: link, isFullDuplex: false)
    case 1: return try .sharedMedium(hosts: hosts, channel: link)
    case 2: return try .ring(hosts: hosts, link: link)
    case 3: return try .line(hosts: hosts, link: link)
    case 4: return try .star(hosts: hosts, link: link)
    case 5: return try .fullMesh(hosts: hosts, link: link)
    case 6: return try .twoLevelTree(hosts: hosts, hostsPerLeaf: 2, spines: 2, link: link, oversubscription: 2)
    case 7: return try .fatTree(arity: 4, hosts: hosts, link: link)
    case 8:
      return try .nodesAndFabric(hosts: hosts, devicesPerNode: 3, cards: 2, inside: link.scaled(by: 9), fabric: link)
    case 9: return try .sites(hostsPerSite: [hosts - hosts / 2, hosts / 2], link: link, wideArea: link.scaled(by: 0.5))
    default: return try .singleSwitch(hosts: hosts, link: link)
    }
  }
}
