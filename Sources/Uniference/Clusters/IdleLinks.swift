import Network

extension Cluster {
  /// What may surprise whoever has written the cluster: former names of fields, links that no message ever crosses, and
  /// machines of unequal size where one size was given. One line each.
  ///
  /// Networks of more than a million hosts times links are not looked through.
  public func warnings() throws(NetworkError) -> [String] {
    network.hints + [unevenNodes, try idleLinks].compactMap(\.self)
  }

  private var unevenNodes: String? {
    guard case .nodesAndFabric(.equal(let size), _, _, _) = network.topology, devices.count > size,
      devices.count % size != 0
    else { return nil }
    let sizes = NodeCounts.equal(size).parts(of: devices.count)
    return """
      network.devices_per_node: \(devices.count) devices make \(sizes.count - 1) machines of \(size) and one of \
      \(sizes.last ?? 0); where they are others, write for example devices_per_node: \(sizes)
      """
  }

  private var idleLinks: String? {
    get throws(NetworkError) {
      guard let reason = network.topology.reasonForIdleLinks(hosts: devices.count) else { return nil }
      let topology = try makeTopology()
      guard Double(topology.hostCount) * Double(topology.links.count) <= 1e6, topology.hostCount > 1 else { return nil }
      var links = topology.linksOnNoPath()
      // A device that is alone on its machine needs no link inside.
      if case .nodesAndFabric = network.topology { links.removeAll { $0 < 2 * topology.hostCount } }
      let idle = links.map(topology.name(of:))
      return idle.isEmpty ? nil : "\(linkList(idle, of: topology.links.count)) never carry anything: \(reason)"
    }
  }
}

extension TopologyDescription {
  /// Why links may be idle, where cables are given one by one or by number; others have none but those they need.
  fileprivate func reasonForIdleLinks(hosts: Int) -> String? {
    switch self {
    case .graph: "messages take the path of least latency, and of those one of the fewest cables"
    case .nodesAndFabric(let devices, .some, _, _) where devices.parts(of: hosts).count > 1:
      "device d of a machine uses card d % cards, and there are more cards than devices"
    case .twoLevelTree: "messages to device d take spine d % spines"
    default: nil
    }
  }
}

/// What is to be said of links that carried nothing in a run, though some messages could have taken them as well.
func idleLinksWarning(_ idle: [String], of linkCount: Int) -> String {
  """
  \(linkList(idle, of: linkCount)) carried nothing: a connection keeps to one of several equally good paths, which a hash \
  of its ends and its group chooses (what stripes each message over parallel cables is one cable with a count)
  """
}

/// `2 of 6 links (a->b, b->a)`; of many, the first.
private func linkList(_ names: [String], of count: Int) -> String {
  let shown = names.prefix(6).joined(separator: ", ") + (names.count > 6 ? ", ..." : "")
  return "\(names.count) of \(count) links (\(shown))"
}
