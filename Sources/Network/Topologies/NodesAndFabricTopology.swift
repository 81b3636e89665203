/// Machines of several devices: a fast switch inside each (NVLink, PCIe) and network cards to a fabric between them.
///
/// Device `d` of a machine uses its card `d % cards`.
struct NodesAndFabricRouter: Router {
  let machines: [Machine]
  let nodeOfHost: [Int]
  /// Of each machine, among all hosts and among all cards.
  let firstHost: [Int]
  let firstCard: [Int]

  init(machines: [Machine]) {
    self.machines = machines
    nodeOfHost = machines.enumerated().flatMap { Array(repeating: $0.offset, count: $0.element.devices) }
    firstHost = Self.runningSums(machines.map(\.devices))
    firstCard = Self.runningSums(machines.map(\.cards))
  }

  var hosts: Int { nodeOfHost.count }

  private static func runningSums(_ parts: [Int]) -> [Int] {
    var sum = 0
    return parts.map { part in
      defer { sum += part }
      return sum
    }
  }

  /// Each device has links `2i` and `2i + 1` to its machine's switch; after them each card has one out and one in.
  func appendRoute(from source: Int, to destination: Int, by choice: PathChoice, to route: inout [LinkID]) {
    if nodeOfHost[source] == nodeOfHost[destination] {
      route.append(LinkID(2 * source))
      route.append(LinkID(2 * destination + 1))
    } else {
      route.append(LinkID(2 * (hosts + card(of: source))))
      route.append(LinkID(2 * (hosts + card(of: destination)) + 1))
    }
  }

  private func card(of host: Int) -> Int {
    let node = nodeOfHost[host]
    return firstCard[node] + (host - firstHost[node]) % machines[node].cards
  }

  func name(of link: LinkID) -> String {
    let isOut = link % 2 == 0
    let cable = Int(link) / 2
    guard cable >= hosts else { return isOut ? "host\(cable)->node" : "node->host\(cable)" }
    let card = cable - hosts
    let node = (firstCard.firstIndex { $0 > card } ?? machines.count) - 1
    let name = "node\(node).card\(card - firstCard[node])"
    return isOut ? "\(name)->fabric" : "fabric->\(name)"
  }
}

/// A machine of several devices.
public struct Machine: Hashable, Sendable {
  /// How many devices it has.
  public var devices: Int
  /// How many network cards it has.
  public var cards: Int

  /// A machine.
  public init(devices: Int, cards: Int) {
    self.devices = devices
    self.cards = cards
  }
}

extension Topology {
  /// - Parameters:
  ///   - machines: in the order of their hosts.
  ///   - inside: a device's link to the switch of its machine. Traffic between machines does not cross it.
  ///   - fabric: a network card's link to the fabric, which is non-blocking.
  public static func nodesAndFabric(
    machines: [Machine], inside: Link, fabric: Link
  ) throws(NetworkError) -> Topology {
    guard machines.allSatisfy({ $0.devices > 0 && $0.cards > 0 }) else {
      throw .shape("a node has at least one device and one network card")
    }
    let router = NodesAndFabricRouter(machines: machines)
    let cards = machines.reduce(0) { $0 + $1.cards }
    return try Topology(
      hostCount: router.hosts,
      links: Array(repeating: inside, count: 2 * router.hosts) + Array(repeating: fabric, count: 2 * cards),
      router: router, linkName: router.name(of:))
  }

  /// Machines of `devicesPerNode` devices and `cards` network cards each; the last one may have fewer devices.
  public static func nodesAndFabric(
    hosts: Int, devicesPerNode: Int, cards: Int, inside: Link, fabric: Link
  ) throws(NetworkError) -> Topology {
    guard devicesPerNode > 0 else { throw .shape("a node has at least one device and one network card") }
    let machines = stride(from: 0, to: hosts, by: devicesPerNode).map {
      Machine(devices: min(devicesPerNode, hosts - $0), cards: cards)
    }
    return try nodesAndFabric(machines: machines, inside: inside, fabric: fabric)
  }
}
