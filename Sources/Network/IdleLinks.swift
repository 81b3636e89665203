/// Links that carry nothing.
extension Topology {
  /// Links that are on no best path between any two hosts, so that no message will ever cross them. O(hosts x links).
  public func linksOnNoPath() -> [LinkID] {
    var used = Array(repeating: false, count: links.count)
    for destination in 0..<hostCount { router.markPaths(from: 0..<hostCount, to: destination, in: &used) }
    return used.indices.filter { !used[$0] }.map { LinkID($0) }
  }

  /// Whether there are several equally good paths between some hosts.
  public var mayFork: Bool { router.mayFork }
}

extension FlowNetwork {
  /// Links that some connection could have taken as well as its own, but that none has taken.
  /// O(destinations x links + connections).
  public func idleAlternatives() -> [LinkID] {
    guard topology.mayFork else { return [] }
    let keys = Array(numbers.keys) + Array(foreignKeys)
    var could = Array(repeating: false, count: topology.links.count)
    for (destination, keys) in Dictionary(grouping: keys, by: \.destination) {
      topology.router.markPaths(from: keys.map(\.source), to: destination, in: &could)
    }
    var route: [LinkID] = []
    for key in keys {
      topology.appendRoute(from: key.source, to: key.destination, by: key.path, to: &route)
      for link in route { could[Int(link)] = false }
      route.removeAll(keepingCapacity: true)
    }
    return could.indices.filter { could[$0] }.map { LinkID($0) }
  }

  /// Counts the connections of another network over the same topology among those of this one: what they carry there is
  /// carried here.
  public func noteConnections(of other: FlowNetwork) {
    guard topology.mayFork else { return }
    foreignKeys.formUnion(other.numbers.keys)
  }
}
