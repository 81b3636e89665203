import HeapModule

/// A graph given by hand: any nodes, of which the first are hosts, and any links between them.
///
/// Messages take the path of least latency; among those, of fewest links, then of lowest link numbers.
struct GraphRouter: Router {
  struct Edge: Sendable {
    let link: LinkID
    let target: Int
    let latency: Int64
  }

  let names: [String]
  let edges: [[Edge]]

  private struct Candidate: Comparable {
    let latency: Int64
    let hops: Int
    let node: Int

    static func < (left: Candidate, right: Candidate) -> Bool {
      (left.latency, left.hops, left.node) < (right.latency, right.hops, right.node)
    }
  }

  /// Dijkstra's algorithm, O((nodes + links) log nodes).
  func appendRoute(from source: Int, to destination: Int, to route: inout [LinkID]) {
    var best: [(latency: Int64, hops: Int)?] = Array(repeating: nil, count: names.count)
    var arrivedBy: [(node: Int, link: LinkID)?] = Array(repeating: nil, count: names.count)
    var open: Heap<Candidate> = [Candidate(latency: 0, hops: 0, node: source)]
    best[source] = (0, 0)
    while let candidate = open.popMin(), candidate.node != destination {
      if let known = best[candidate.node], known < (candidate.latency, candidate.hops) { continue }
      for edge in edges[candidate.node] {
        let reached = (latency: candidate.latency + edge.latency, hops: candidate.hops + 1)
        if let known = best[edge.target], known <= reached { continue }
        best[edge.target] = reached
        arrivedBy[edge.target] = (candidate.node, edge.link)
        open.insert(Candidate(latency: reached.latency, hops: reached.hops, node: edge.target))
      }
    }
    let start = route.count
    var node = destination
    while node != source, let step = arrivedBy[node] {
      route.append(step.link)
      node = step.node
    }
    route[start...].reverse()
  }

  /// The nodes to which a path leads from `start`. O(nodes + links).
  func reachable(from start: Int) -> Set<Int> {
    var found: Set<Int> = [start]
    var open = [start]
    while let node = open.popLast() {
      for edge in edges[node] where found.insert(edge.target).inserted { open.append(edge.target) }
    }
    return found
  }
}

extension Topology {
  /// One cable of a graph.
  public struct Cable: Sendable {
    /// The host or switch at which it begins.
    public var from: String
    /// The host or switch at which it ends.
    public var to: String
    /// What each of its links offers.
    public var link: Link
    /// Whether there is a link for each direction, one that both share, or only the one from `from` to `to`.
    public var kind: Kind

    /// How many links a cable is.
    public enum Kind: String, CaseIterable, Sendable { case fullDuplex, halfDuplex, oneWay }

    /// A cable between two nodes.
    public init(from: String, to: String, link: Link, kind: Kind = .fullDuplex) {
      self.from = from
      self.to = to
      self.link = link
      self.kind = kind
    }
  }

  /// - Parameters:
  ///   - hosts: the hosts' names, in rank order.
  ///   - cables: connect hosts and any other names, which become switches.
  public static func graph(hosts: [String], cables: [Cable]) throws(NetworkError) -> Topology {
    var numbers = Dictionary(zip(hosts, hosts.indices), uniquingKeysWith: { first, _ in first })
    guard numbers.count == hosts.count else { throw .shape("host names must differ") }
    var names = hosts
    for name in cables.flatMap({ [$0.from, $0.to] }) where numbers[name] == nil {
      numbers[name] = names.count
      names.append(name)
    }
    var edges: [[GraphRouter.Edge]] = Array(repeating: [], count: names.count)
    var links: [Link] = []
    var linkNames: [String] = []
    func connect(_ from: String, _ to: String, by link: LinkID) {
      guard let source = numbers[from], let target = numbers[to] else { return }
      edges[source].append(.init(link: link, target: target, latency: links[Int(link)].latencyPicoseconds))
    }
    for cable in cables {
      links.append(cable.link)
      linkNames.append(cable.kind == .halfDuplex ? "\(cable.from)-\(cable.to)" : "\(cable.from)->\(cable.to)")
      connect(cable.from, cable.to, by: LinkID(links.count - 1))
      if cable.kind == .fullDuplex {
        links.append(cable.link)
        linkNames.append("\(cable.to)->\(cable.from)")
      }
      if cable.kind != .oneWay { connect(cable.to, cable.from, by: LinkID(links.count - 1)) }
    }
    let router = GraphRouter(names: names, edges: edges)
    for source in hosts.indices {
      let reachable = router.reachable(from: source)
      if let lost = hosts.indices.first(where: { !reachable.contains($0) }) {
        throw .unreachable(source: hosts[source], destination: hosts[lost])
      }
    }
    let fixedNames = linkNames
    return try Topology(hostCount: hosts.count, links: links, router: router) {
      fixedNames[Int($0)]
    }
  }
}
