/// Machines of several devices: a fast switch inside each (NVLink, PCIe) and network cards to a fabric between them.
///
/// Device `d` of a machine uses card `d % cards`.
struct NodesAndFabricRouter: Router {
  let hosts: Int
  let devicesPerNode: Int
  let cards: Int

  /// Each device has links `2i` and `2i + 1` to its node's switch; after them each node has, for each card, one out and
  /// one in.
  func appendRoute(from source: Int, to destination: Int, to route: inout [LinkID]) {
    let (sourceNode, sourceDevice) = source.quotientAndRemainder(dividingBy: devicesPerNode)
    let (destinationNode, destinationDevice) = destination.quotientAndRemainder(dividingBy: devicesPerNode)
    if sourceNode == destinationNode {
      route.append(LinkID(2 * source))
      route.append(LinkID(2 * destination + 1))
    } else {
      route.append(LinkID(2 * (hosts + sourceNode * cards + sourceDevice % cards)))
      route.append(LinkID(2 * (hosts + destinationNode * cards + destinationDevice % cards) + 1))
    }
  }
}

extension Topology {
  /// - Parameters:
  ///   - inside: a device's link to the switch of its machine. Traffic between machines does not cross it.
  ///   - fabric: a network card's link to the fabric, which is non-blocking.
  ///   - cards: network cards of each machine.
  public static func nodesAndFabric(
    hosts: Int, devicesPerNode: Int, cards: Int, inside: Link, fabric: Link
  ) throws(NetworkError) -> Topology {
    guard devicesPerNode > 0, cards > 0 else { throw .shape("a node has at least one device and one network card") }
    let nodes = (hosts + devicesPerNode - 1) / devicesPerNode
    return try Topology(
      hostCount: hosts,
      links: Array(repeating: inside, count: 2 * hosts) + Array(repeating: fabric, count: 2 * nodes * cards),
      router: NodesAndFabricRouter(hosts: hosts, devicesPerNode: devicesPerNode, cards: cards)
    ) { link in
      let isOut = link % 2 == 0
      let cable = Int(link) / 2
      guard cable >= hosts else { return isOut ? "host\(cable)->node" : "node->host\(cable)" }
      let (node, card) = (cable - hosts).quotientAndRemainder(dividingBy: cards)
      return isOut ? "node\(node).card\(card)->fabric" : "fabric->node\(node).card\(card)"
    }
  }
}
