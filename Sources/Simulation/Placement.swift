import Communication
import Network
import Quantities
import SimulationKernel

/// Which ranks share a machine, and what joins them: what the choice of algorithms looks at.
public struct Placement: Sendable {
  /// The machine of each rank.
  private let nodeOfRank: [Int]
  private let topology: Topology
  /// Of each rank's device, where it is known.
  private let generationOfRank: [GroupLayout.DeviceGeneration?]

  /// Ranks on machines of equally many, in order.
  public init(ranksPerNode: Int = 1, topology: Topology) {
    self.init(nodeOfRank: (0..<topology.hostCount).map { $0 / max(1, ranksPerNode) }, topology: topology)
  }

  /// Ranks on machines by number.
  ///
  /// - Parameter generations: of the ranks' devices; by the links where they are left out.
  public init(nodeOfRank: [Int], topology: Topology, generations: [GroupLayout.DeviceGeneration?] = []) {
    self.nodeOfRank = nodeOfRank
    self.topology = topology
    generationOfRank = generations
  }

  /// How the members of a group sit, with the figures of the links between the first of them.
  public func layout(of worldRanks: [Int]) -> GroupLayout {
    let nodes = worldRanks.map { nodeOfRank[$0] }
    let first = worldRanks.first ?? 0
    let firstNode = nodes.first ?? 0
    let neighbour = worldRanks.dropFirst().first { nodeOfRank[$0] == firstNode }
    let stranger = worldRanks.first { nodeOfRank[$0] != firstNode }
    let within = neighbour.map { figures(from: first, to: $0) }
    var between = stranger.map { figures(from: first, to: $0) }
    var cards = 1
    if let stranger {
      let used = Set(
        worldRanks.filter { nodeOfRank[$0] == firstNode }
          .compactMap { topology.route(from: $0, to: stranger).first })
      cards = used.count
      between?.bytesPerSecond *= Double(cards)
    }
    let none = GroupLayout.LinkFigures(bytesPerSecond: .infinity, latency: .zero)
    let paths = (neighbour ?? stranger).map { pathCount(from: first, to: $0) } ?? 1
    var layout = GroupLayout(
      nodeOfMember: nodes, withinNode: within ?? between ?? none, betweenNodes: between ?? within ?? none,
      cardCount: cards, pathCount: paths, isFullMesh: isFullMesh(worldRanks))
    describeFabric(of: &layout, generation: generationOfRank.isEmpty ? nil : generationOfRank[first])
    return layout
  }

  // MARK: Fabric

  /// NVLink and Instinct's links carry this or more in one direction; PCIe 5.0 x16 carries 64 GB/s.
  private static let slowestNVLink = 100e9
  /// Paths within a machine have no more latency than this; over a network they have more, or are slower than NVLink.
  private static let longestPathInMachine = Duration.microseconds(5)
  /// PCIe 3.0 x8 carries this; slower paths are networks.
  private static let slowestPCIe = 7e9
  /// Paths of PCIe have no more latency than this.
  private static let longestPCIePath = Duration.microseconds(2)

  /// Says what joins the devices of a machine, by the devices and by the links. Devices that clusters put on one switch or
  /// mesh share a machine where its links are NVLink's or Instinct's, or those of devices without either.
  private func describeFabric(of layout: inout GroupLayout, generation: GroupLayout.DeviceGeneration?) {
    let rate = layout.withinNode.bytesPerSecond * Double(layout.pathCount)
    layout.generation = generation ?? Self.generation(byLineRate: rate)
    let sharesNode = Set(layout.nodeOfMember).count < layout.nodeOfMember.count
    let isNear = layout.withinNode.latency <= Self.longestPathInMachine
    switch layout.generation {
    case .cdna:
      layout.nodeFabric = .xgmi
      layout.sharesMachine = !sharesNode && isNear && (layout.isFullMesh || rate >= Self.slowestNVLink)
    case .ada:
      layout.nodeFabric = .pci
      layout.sharesMachine =
        !sharesNode && generation != nil && rate >= Self.slowestPCIe
        && layout.withinNode.latency <= Self.longestPCIePath
    case .volta, .ampere, .hopper, .blackwell:
      layout.nodeFabric = rate >= Self.slowestNVLink || !sharesNode ? .nvlink : .pci
      layout.sharesMachine = !sharesNode && isNear && rate >= Self.slowestNVLink
    }
  }

  /// The generation whose NVLink comes nearest: 150, 300, 450 and 900 GB/s in one direction.
  private static func generation(byLineRate rate: Double) -> GroupLayout.DeviceGeneration {
    switch rate {
    case slowestNVLink..<220e9: .volta
    case 220e9..<370e9: .ampere
    case 640e9...: .blackwell
    default: .hopper
    }
  }

  /// Whether the first member has a cable of its own to each other one.
  private func isFullMesh(_ ranks: [Int]) -> Bool {
    guard let first = ranks.first, ranks.count > 1, ranks.count <= 64 else { return false }
    var links: Set<LinkID> = []
    return ranks.dropFirst().allSatisfy { other in
      let route = topology.route(from: first, to: other)
      return route.count == 1 && links.insert(route[0]).inserted
    }
  }

  /// How many paths lead from one rank to another that share no link.
  private func pathCount(from source: Int, to destination: Int) -> Int {
    var used: Set<LinkID> = []
    for lane in 0..<Self.mostPaths {
      let route = topology.route(from: source, to: destination, by: .lane(lane))
      guard used.isDisjoint(with: route) else { return max(1, lane) }
      used.formUnion(route)
    }
    return Self.mostPaths
  }

  private static let mostPaths = 32

  /// What a path offers when nothing else uses it.
  private func figures(from source: Int, to destination: Int) -> GroupLayout.LinkFigures {
    let route = topology.route(from: source, to: destination)
    // A link that a message crosses twice, such as a radio channel, offers it half of its bandwidth.
    let crossings = Dictionary(route.map { ($0, 1.0) }, uniquingKeysWith: +)
    let latency = route.reduce(Duration.zero) {
      $0 + .picoseconds(topology.links[Int($1)].latencyPicoseconds)
    }
    return GroupLayout.LinkFigures(
      bytesPerSecond: crossings.map { topology.links[Int($0.key)].bytesPerSecond / $0.value }.min() ?? .infinity,
      latency: latency)
  }
}
