extension Topology {
  /// One cable of a graph, or a station's way to its access point.
  public struct Cable: Sendable {
    /// The host or switch at which it begins.
    public var from: String
    /// The host or switch at which it ends.
    public var to: String
    /// What each of its links offers.
    public var link: Link
    /// How many links it is, and with what it shares them.
    public var kind: Kind

    /// How many links a cable is.
    public enum Kind: String, CaseIterable, Sendable {
      /// One for each direction.
      case fullDuplex
      /// One that both directions share.
      case halfDuplex
      /// Only the one from `from` to `to`.
      case oneWay
      /// One that both directions share, through a channel that all stations of an access point share. The access point is
      /// the end that is no host, or `to` where both or none of them is one.
      case wifi
    }

    /// A cable between two nodes.
    public init(from: String, to: String, link: Link, kind: Kind = .fullDuplex) {
      self.from = from
      self.to = to
      self.link = link
      self.kind = kind
    }
  }

  /// Any graph: see ``GraphRouter`` for the paths that messages take.
  ///
  /// Links are called `from->to`; those that both directions share, `from-to`; the channel of an access point,
  /// `ap.channel`. A second cable between the same two nodes has `#2` behind its name.
  ///
  /// - Parameters:
  ///   - hosts: the hosts' names, in rank order.
  ///   - cables: connect hosts and any other names, which become switches.
  public static func graph(hosts: [String], cables: [Cable]) throws(NetworkError) -> Topology {
    guard Set(hosts).count == hosts.count else { throw .shape("host names must differ") }
    let graph = GraphBuilder(hosts: hosts, cables: cables)
    let router = GraphRouter(hosts: hosts.count, nodes: graph.nodeCount, edges: graph.edges)
    if let pair = router.unreachablePair(among: hosts.indices) {
      throw .unreachable(source: hosts[pair.source], destination: hosts[pair.destination])
    }
    let names = graph.linkNames
    return try Topology(hostCount: hosts.count, links: graph.links, router: router) { names[Int($0)] }
  }
}

/// Numbers the nodes and links of a graph.
private struct GraphBuilder {
  private(set) var links: [Link] = []
  private(set) var linkNames: [String] = []
  private(set) var edges: [GraphRouter.Edge] = []
  private var numbers: [String: Int]
  private let hostCount: Int
  private var timesNamed: [String: Int] = [:]
  /// By access point: the bandwidth of its fastest station, and once it is there, the link.
  private var channels: [String: (bytesPerSecond: Double, link: LinkID?)] = [:]

  var nodeCount: Int { numbers.count }

  init(hosts: [String], cables: [Topology.Cable]) {
    numbers = Dictionary(uniqueKeysWithValues: zip(hosts, hosts.indices))
    hostCount = hosts.count
    for cable in cables where cable.kind == .wifi {
      let (_, accessPoint) = ends(ofWireless: cable)
      let fastest = max(channels[accessPoint]?.bytesPerSecond ?? 0, cable.link.bytesPerSecond)
      channels[accessPoint] = (fastest, nil)
    }
    for cable in cables { add(cable) }
  }

  private mutating func add(_ cable: Topology.Cable) {
    switch cable.kind {
    case .fullDuplex:
      connect(cable.from, cable.to, over: [addLink(cable.link, "\(cable.from)->\(cable.to)")])
      connect(cable.to, cable.from, over: [addLink(cable.link, "\(cable.to)->\(cable.from)")])
    case .halfDuplex:
      let link = addLink(cable.link, "\(cable.from)-\(cable.to)")
      connect(cable.from, cable.to, over: [link])
      connect(cable.to, cable.from, over: [link])
    case .oneWay:
      connect(cable.from, cable.to, over: [addLink(cable.link, "\(cable.from)->\(cable.to)")])
    case .wifi:
      let (station, accessPoint) = ends(ofWireless: cable)
      let link = addLink(cable.link, "\(cable.from)-\(cable.to)")
      let channel = channel(of: accessPoint)
      connect(station, accessPoint, over: [link, channel])
      connect(accessPoint, station, over: [channel, link])
    }
  }

  private func ends(ofWireless cable: Topology.Cable) -> (station: String, accessPoint: String) {
    func isHost(_ name: String) -> Bool { numbers[name].map { $0 < hostCount } ?? false }
    return isHost(cable.to) && !isHost(cable.from) ? (cable.to, cable.from) : (cable.from, cable.to)
  }

  private mutating func channel(of accessPoint: String) -> LinkID {
    let known = channels[accessPoint]
    if let link = known?.link { return link }
    let figures = Link(bytesPerSecond: known?.bytesPerSecond ?? 0, latency: .zero)
    let link = addLink(figures, "\(accessPoint).channel")
    channels[accessPoint]?.link = link
    return link
  }

  private mutating func addLink(_ link: Link, _ name: String) -> LinkID {
    links.append(link)
    timesNamed[name, default: 0] += 1
    let times = timesNamed[name, default: 1]
    linkNames.append(times == 1 ? name : "\(name)#\(times)")
    return LinkID(links.count - 1)
  }

  private mutating func connect(_ from: String, _ to: String, over route: [LinkID]) {
    let crossed = route.map { links[Int($0)] }
    edges.append(
      GraphRouter.Edge(
        links: route, source: number(of: from), target: number(of: to),
        latency: crossed.reduce(0) { $0 + $1.latencyPicoseconds },
        bytesPerSecond: crossed.map(\.bytesPerSecond).min() ?? 0))
  }

  private mutating func number(of name: String) -> Int {
    if let known = numbers[name] { return known }
    numbers[name] = numbers.count
    return numbers.count - 1
  }
}
