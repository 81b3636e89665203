import Communication
import Network
import SimulationKernel

/// Which ranks share a machine, and what joins them: what the choice of algorithms looks at.
public struct Placement: Sendable {
  /// Consecutive ranks on one machine.
  public let ranksPerNode: Int
  private let topology: Topology

  /// Ranks placed on machines of equally many, in order.
  public init(ranksPerNode: Int = 1, topology: Topology) {
    self.ranksPerNode = max(1, ranksPerNode)
    self.topology = topology
  }

  /// How the members of a group sit, with the figures of the links between the first of them.
  public func layout(of worldRanks: [Int]) -> GroupLayout {
    let nodes = worldRanks.map { $0 / ranksPerNode }
    let first = worldRanks.first ?? 0
    let neighbour = worldRanks.dropFirst().first { $0 / ranksPerNode == first / ranksPerNode }
    let stranger = worldRanks.first { $0 / ranksPerNode != first / ranksPerNode }
    let within = neighbour.map { figures(from: first, to: $0) }
    var between = stranger.map { figures(from: first, to: $0) }
    if let stranger {
      let cards = Set(
        worldRanks.filter { $0 / ranksPerNode == first / ranksPerNode }
          .compactMap { topology.route(from: $0, to: stranger).first })
      between?.bytesPerSecond *= Double(cards.count)
    }
    let none = GroupLayout.LinkFigures(bytesPerSecond: .infinity, latency: .zero)
    return GroupLayout(
      nodeOfMember: nodes, withinNode: within ?? between ?? none, betweenNodes: between ?? within ?? none)
  }

  /// What a path offers when nothing else uses it.
  private func figures(from source: Int, to destination: Int) -> GroupLayout.LinkFigures {
    let links = topology.route(from: source, to: destination).map { topology.links[Int($0)] }
    return GroupLayout.LinkFigures(
      bytesPerSecond: links.map(\.bytesPerSecond).min() ?? .infinity,
      latency: Duration(picoseconds: links.reduce(0) { $0 + $1.latencyPicoseconds }))
  }
}
