import Communication
import Network
import Quantities
import SimulationKernel

/// Which ranks share a machine, and what joins them: what the choice of algorithms looks at.
public struct Placement: Sendable {
  /// The machine of each rank.
  private let nodeOfRank: [Int]
  private let topology: Topology

  /// Ranks on machines of equally many, in order.
  public init(ranksPerNode: Int = 1, topology: Topology) {
    self.init(nodeOfRank: (0..<topology.hostCount).map { $0 / max(1, ranksPerNode) }, topology: topology)
  }

  /// Ranks on machines by number.
  public init(nodeOfRank: [Int], topology: Topology) {
    self.nodeOfRank = nodeOfRank
    self.topology = topology
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
    if let stranger {
      let cards = Set(
        worldRanks.filter { nodeOfRank[$0] == firstNode }
          .compactMap { topology.route(from: $0, to: stranger).first })
      between?.bytesPerSecond *= Double(cards.count)
    }
    let none = GroupLayout.LinkFigures(bytesPerSecond: .infinity, latency: .zero)
    return GroupLayout(
      nodeOfMember: nodes, withinNode: within ?? between ?? none, betweenNodes: between ?? within ?? none)
  }

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
