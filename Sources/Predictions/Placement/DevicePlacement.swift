import Models
import Uniference

/// Which devices of a cluster play a strategy's parts: world ranks, in the order of the parts.
package struct DevicePlacement: Hashable, Sendable {
  package let ranks: [Int]
  /// Whether the parts are the cluster's first devices in its order.
  private let followsCluster: Bool

  /// The first devices of the cluster, in the order in which it lists them.
  init(first count: Int) { self.init(ranks: Array(0..<count)) }

  package init(ranks: [Int]) {
    self.ranks = ranks
    followsCluster = ranks.elementsEqual(ranks.indices)
  }

  /// What a model needs to know of a rank, where the model's ranks are those of the placement; `nil` for devices that have
  /// no part.
  func context(of rank: Rank) async throws -> ModelContext? {
    // In the order of the cluster the world serves as it is, under the name that records have always had.
    if followsCluster { return rank.index < ranks.count ? rank.modelContext : nil }
    guard ranks.contains(rank.index) else { return nil }
    let group = try await rank.world.subgroup(ranks, name: "placement")
    return ModelContext(
      device: rank.device, communicator: group, now: { rank.now }, reportProgress: rank.reportProgress, place: rank)
  }

  /// The names of the devices, in the order of the parts.
  package func names(in cluster: Cluster) -> [String] { ranks.map { cluster.devices[$0].name } }
}
