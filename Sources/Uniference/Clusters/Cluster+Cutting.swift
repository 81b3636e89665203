import Inputs

extension Cluster {
  /// The first devices of the cluster on their network.
  ///
  /// - Throws: ``ClusterSizeError`` when there are too few, or the network does not go with fewer.
  package func keepingDevices(_ count: Int) throws -> Cluster {
    guard count >= 1 else { throw ClusterSizeError("-n \(count) is not possible; give 1 or more ranks") }
    guard count <= devices.count else {
      throw ClusterSizeError(
        "-n \(count) asks for \(count) ranks, but cluster \(name) has \(devices.count) devices, and each rank needs one; "
          + "give a smaller number or a larger cluster")
    }
    guard count < devices.count else { return self }
    var smaller = self
    smaller.devices = Array(devices.prefix(count))
    smaller.failures.removeAll { $0.device >= count }
    smaller.network.topology = network.topology.without(hosts: devices.dropFirst(count).map(\.name), keeping: count)
    do {
      let names = Set(network.changes.map(\.link) + network.links.keys)
      let links = try smaller.network.topology.makeTopology(hostNames: smaller.devices.map(\.name)).links(named: names)
      smaller.network.changes.removeAll { links[$0.link] == nil }
      smaller.network.links = network.links.filter { links[$0.key] != nil }
    } catch {
      throw ClusterSizeError("cluster \(name) cannot be cut to its first \(count) devices: \(error)")
    }
    return smaller
  }
}

extension TopologyDescription {
  /// The same for the first `count` hosts: nothing is said any more of the links of others.
  fileprivate func without(hosts removed: [String], keeping count: Int) -> TopologyDescription {
    let removed = Set(removed)
    switch self {
    case .singleSwitch(let link, let isFullDuplex, let exceptions):
      return .singleSwitch(
        link: link, isFullDuplex: isFullDuplex, exceptions: exceptions.filter { !removed.contains($0.key) })
    case .sites(let hostsPerSite, let link, let wideArea):
      return .sites(hostsPerSite: firstParts(of: hostsPerSite, summingTo: count), link: link, wideArea: wideArea)
    case .graph(let cables):
      return .graph(cables: cables.filter { !removed.contains($0.from) && !removed.contains($0.to) })
    case .nodesAndFabric(.listed(let devices), let cards, let inside, let fabric):
      let kept = firstParts(of: devices, summingTo: count)
      var keptCards = cards
      if case .listed(let counts) = cards { keptCards = .listed(Array(counts.prefix(kept.count))) }
      return .nodesAndFabric(devices: .listed(kept), cards: keptCards, inside: inside, fabric: fabric)
    case .nodesAndFabric(let devices, .listed(let counts), let inside, let fabric):
      let kept = devices.parts(of: count).count
      return .nodesAndFabric(
        devices: devices, cards: .listed(Array(counts.prefix(kept))), inside: inside, fabric: fabric)
    case .sharedMedium, .fullMesh, .star, .ring, .line, .torus, .grid, .twoLevelTree, .fatTree, .nodesAndFabric:
      return self
    }
  }
}

/// The first of `parts`, the last of them cut, so that their sum is `total`.
private func firstParts(of parts: [Int], summingTo total: Int) -> [Int] {
  var kept: [Int] = []
  var left = total
  for part in parts where left > 0 {
    kept.append(min(part, left))
    left -= part
  }
  return kept
}

/// A number of ranks that a cluster does not have devices for.
public struct ClusterSizeError: Error, CustomStringConvertible, Hashable, Sendable, UserFacingError {
  /// One line.
  public let description: String

  init(_ description: String) { self.description = description }
}
