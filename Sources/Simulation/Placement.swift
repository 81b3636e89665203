import Communication
import Network

/// Which ranks share a machine.
public struct Placement: Sendable {
  /// Consecutive ranks on one machine.
  public let ranksPerNode: Int
  private let topology: Topology

  public init(ranksPerNode: Int, topology: Topology) {
    self.ranksPerNode = ranksPerNode
    self.topology = topology
  }

  public func node(ofRank rank: Int) -> Int { rank / ranksPerNode }
}
