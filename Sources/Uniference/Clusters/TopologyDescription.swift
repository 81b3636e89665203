import Inputs
import Network

/// How a cluster's devices are connected, before it is known how many they are.
///
/// Latencies belong to links: a message from one host of a switch to another crosses two links, so its latency is
/// twice the link's.
public enum TopologyDescription: Sendable {
  /// Every host by its own cable on one non-blocking switch. `exceptions`: the cables of some hosts, by name.
  case singleSwitch(link: Link, isFullDuplex: Bool = true, exceptions: [String: Link] = [:])
  /// One channel that all hosts and both directions share: Wi-Fi, a bus.
  case sharedMedium(channel: Link)
  /// A cable between every two hosts.
  case fullMesh(link: Link)
  /// Every host connected to the first, which relays.
  case star(link: Link)
  /// A row of hosts, closed by a cable from the last to the first.
  case ring(link: Link)
  /// A row of hosts.
  case line(link: Link)
  /// A grid whose rows and columns are closed to rings; the product of `dimensions` is the number of hosts.
  case torus(dimensions: [Int], link: Link)
  /// The same without the cables that close it.
  case grid(dimensions: [Int], link: Link)
  /// Racks under leaf switches that are joined by spine switches.
  case twoLevelTree(hostsPerLeaf: Int, spines: Int, oversubscription: Double = 1, link: Link)
  /// Three levels of switches with `arity` ports, for up to arity^3 / 4 hosts.
  case fatTree(arity: Int, oversubscription: Double = 1, link: Link)
  /// Machines of several devices: links inside each, and network cards to a fabric. `cards`: of each machine; one for each
  /// of its devices where they are left out.
  case nodesAndFabric(devices: NodeCounts, cards: NodeCounts? = nil, inside: Link, fabric: Link)
  /// Sites far apart: a switch at each, and a line between every two.
  case sites(hostsPerSite: [Int], link: Link, wideArea: Link)
  /// Any graph: cables between hosts, by name, and switches, which are all other names.
  case graph(cables: [Topology.Cable])

  /// A topology whose description needs more links than this is refused rather than built.
  static let maximumLinkCount = 20_000_000

  /// The machine on which each of so many hosts sits: one of its own, unless machines have several.
  public func nodes(ofHosts count: Int) -> [Int] {
    guard case .nodesAndFabric(let devices, _, _, _) = self else { return Array(0..<count) }
    let sizes = devices.parts(of: count)
    return sizes.enumerated().flatMap { Array(repeating: $0.offset, count: $0.element) }
  }

  /// - Parameter hostNames: the hosts in rank order.
  /// - Throws: when their number does not fit, with the equation, or one is out of reach.
  public func makeTopology(hostNames: [String]) throws(NetworkError) -> Topology {
    let hosts = hostNames.count
    guard hosts > 0 else { throw .shape("a network needs at least one device") }
    try checkSize(hosts: hosts)
    switch self {
    case .singleSwitch(let link, let isFullDuplex, let exceptions):
      if let stranger = exceptions.keys.sorted().first(where: { !hostNames.contains($0) }) {
        throw .shape("there is no device \"\(quotable(stranger))\" whose link could differ")
      }
      let links = hostNames.map { exceptions[$0] ?? link }
      return try .singleSwitch(links: links, isFullDuplex: isFullDuplex)
    case .sharedMedium(let channel): return try .sharedMedium(hosts: hosts, channel: channel)
    case .fullMesh(let link): return try .fullMesh(hosts: hosts, link: link)
    case .star(let link): return try .star(hosts: hosts, link: link)
    case .ring(let link): return try .ring(hosts: hosts, link: link)
    case .line(let link): return try .line(hosts: hosts, link: link)
    case .torus(let dimensions, let link): return try .torus(dimensions: dimensions, link: link)
    case .grid(let dimensions, let link): return try .grid(dimensions: dimensions, link: link)
    case .twoLevelTree(let hostsPerLeaf, let spines, let oversubscription, let link):
      return try .twoLevelTree(
        hosts: hosts, hostsPerLeaf: hostsPerLeaf, spines: spines, link: link, oversubscription: oversubscription)
    case .fatTree(let arity, let oversubscription, let link):
      return try .fatTree(arity: arity, hosts: hosts, link: link, oversubscription: oversubscription)
    case .nodesAndFabric(let devices, let cards, let inside, let fabric):
      return try .nodesAndFabric(
        machines: Self.machines(devices: devices, cards: cards, hosts: hosts), inside: inside, fabric: fabric)
    case .sites(let hostsPerSite, let link, let wideArea):
      return try .sites(hostsPerSite: hostsPerSite, link: link, wideArea: wideArea)
    case .graph(let cables): return try .graph(hosts: hostNames, cables: cables)
    }
  }

  /// - Throws: when the number of hosts is not the one that the description asks for, or there would be too many links.
  private func checkSize(hosts: Int) throws(NetworkError) {
    let links: Double
    let count = Double(hosts)
    switch self {
    case .torus(let dimensions, _), .grid(let dimensions, _):
      let product = dimensions.reduce(1.0) { $0 * Double($1) }
      let equation = dimensions.map(String.init).joined(separator: " x ")
      guard product == count else {
        throw .shape("dimensions: \(equation) = \(whole(product)), but the cluster has \(hosts) devices")
      }
      links = count * 2 * Double(dimensions.count)
    case .sites(let hostsPerSite, _, _):
      let sum = hostsPerSite.reduce(0.0) { $0 + Double($1) }
      let equation = hostsPerSite.map(String.init).joined(separator: " + ")
      guard !hostsPerSite.isEmpty, hostsPerSite.allSatisfy({ $0 > 0 }), sum == count else {
        throw .shape("hosts_per_site: \(equation) = \(whole(sum)), but the cluster has \(hosts) devices")
      }
      links = count * 2 + Double(hostsPerSite.count * hostsPerSite.count)
    case .fullMesh: links = count * count
    case .twoLevelTree(let hostsPerLeaf, let spines, _, _):
      links = count * 2 + (count / Double(max(1, hostsPerLeaf))).rounded(.up) * Double(spines) * 2
    case .fatTree(let arity, _, _): links = Double(arity) * Double(arity) * Double(arity) * 1.5
    case .nodesAndFabric(let devices, let cards, _, _):
      links = count * 2 + 2 * (try cardCount(devices: devices, cards: cards, hosts: hosts))
    case .singleSwitch, .sharedMedium, .star, .ring, .line, .graph: links = count * 2
    }
    guard links <= Double(Self.maximumLinkCount) else {
      throw .shape("the network would have \(whole(links)) links, more than \(Self.maximumLinkCount); make it smaller")
    }
  }

  /// - Throws: when the machines' devices are not as many as the cluster's, or cards are said of other machines.
  private func cardCount(devices: NodeCounts, cards: NodeCounts?, hosts: Int) throws(NetworkError) -> Double {
    if case .listed(let counts) = devices {
      let sum = counts.reduce(0.0) { $0 + Double($1) }
      guard !counts.isEmpty, counts.allSatisfy({ $0 > 0 }), sum == Double(hosts) else {
        let equation = counts.map(String.init).joined(separator: " + ")
        throw .shape("devices_per_node: \(equation) = \(whole(sum)), but the cluster has \(hosts) devices")
      }
    }
    let sizes = devices.parts(of: hosts)
    switch cards {
    case nil: return Double(hosts)
    case .equal(let cards): return Double(sizes.count) * Double(cards)
    case .listed(let cards):
      guard cards.count == sizes.count else {
        throw .shape("cards: \(cards.count) machines, but devices_per_node makes \(sizes.count)")
      }
      return cards.reduce(0.0) { $0 + Double($1) }
    }
  }

  private static func machines(devices: NodeCounts, cards: NodeCounts?, hosts: Int) -> [Machine] {
    let sizes = devices.parts(of: hosts)
    return sizes.enumerated().map { node, size in
      switch cards {
      case nil: Machine(devices: size, cards: size)
      case .equal(let cards): Machine(devices: size, cards: cards)
      case .listed(let cards): Machine(devices: size, cards: cards[node])
      }
    }
  }

  private func whole(_ value: Double) -> String { Int(exactly: value).map(String.init) ?? "\(value)" }
}

/// How many of something each machine has.
public enum NodeCounts: Hashable, Sendable {
  /// All as many; the last machine may have fewer devices.
  case equal(Int)
  /// Machine by machine.
  case listed([Int])

  /// The devices of each machine of a cluster with so many in all.
  func parts(of total: Int) -> [Int] {
    switch self {
    case .listed(let counts): counts
    case .equal(let count): stride(from: 0, to: total, by: max(1, count)).map { min(max(1, count), total - $0) }
    }
  }
}
