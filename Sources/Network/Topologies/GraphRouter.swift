import HeapModule

/// Paths through any graph.
///
/// Messages take the path of least latency; among those, one of the fewest links. Where several are equally good, each
/// connection takes one of them: at every node on the way, a ``PathChoice`` among the links that lead on. Paths have no
/// loops, since every link of one leads to a node that is nearer.
struct GraphRouter: Router {
  /// A way from one node to the next.
  struct Edge: Sendable {
    /// The link of its own, and the channel that it shares with others, if any, in the order in which messages cross them.
    let links: [LinkID]
    let source: Int
    let target: Int
    let latency: Int64
    let bytesPerSecond: Double
  }

  /// How far a node is from a destination.
  private struct Distance: Comparable {
    let latency: Int64
    let hops: Int

    static let zero = Distance(latency: 0, hops: 0)
    static let unreachable = Distance(latency: .max, hops: .max)

    func behind(_ edge: Edge) -> Distance {
      let (sum, overflow) = latency.addingReportingOverflow(edge.latency)
      return Distance(latency: overflow ? .max : sum, hops: hops + 1)
    }

    static func < (left: Distance, right: Distance) -> Bool {
      (left.latency, left.hops) < (right.latency, right.hops)
    }
  }

  private struct Candidate: Comparable {
    let distance: Distance
    let node: Int

    static func < (left: Candidate, right: Candidate) -> Bool {
      left.distance != right.distance ? left.distance < right.distance : left.node < right.node
    }
  }

  let mayFork = true
  /// They come first among the nodes; the others are switches.
  private let hosts: Int
  /// Whether a host has several neighbours, so that paths may lead through it.
  let hostsRelay: Bool
  private let leaving: [[Edge]]
  private let arriving: [[Edge]]

  init(hosts: Int, nodes: Int, edges: [Edge]) {
    self.hosts = hosts
    var leaving: [[Edge]] = Array(repeating: [], count: nodes)
    var arriving = leaving
    for edge in edges {
      leaving[edge.source].append(edge)
      arriving[edge.target].append(edge)
    }
    hostsRelay = leaving.prefix(hosts).contains { Set($0.map(\.target)).count > 1 }
    self.leaving = leaving
    self.arriving = arriving
  }

  func appendRoute(from source: Int, to destination: Int, by choice: PathChoice, to route: inout [LinkID]) {
    walk(from: source, to: destination, by: choice) { route += $0.links }
  }

  func appendRelays(from source: Int, to destination: Int, by choice: PathChoice, to relays: inout [Int]) {
    walk(from: source, to: destination, by: choice) { way in
      if way.source != source, way.source < hosts { relays.append(way.source) }
    }
  }

  private func walk(from source: Int, to destination: Int, by choice: PathChoice, _ step: (Edge) -> Void) {
    let distances = distances(to: destination, from: source)
    var node = source
    while node != destination {
      let ways = ways(from: node, at: distances)
      guard !ways.isEmpty else { return }
      let way = choice.way(from: source, to: destination, at: node, weights: ways.lazy.map(\.bytesPerSecond))
      step(ways[way])
      node = ways[way].target
    }
  }

  func markPaths(from sources: some Sequence<Int>, to destination: Int, in used: inout [Bool]) {
    let distances = distances(to: destination)
    var seen: Set<Int> = [destination]
    var open = Array(sources)
    while let node = open.popLast() {
      guard seen.insert(node).inserted else { continue }
      for way in ways(from: node, at: distances) {
        for link in way.links { used[Int(link)] = true }
        open.append(way.target)
      }
    }
  }

  /// The first of `hosts` that cannot be reached from another one, and that one. O(nodes + links).
  ///
  /// All reach each other where the first one reaches all and is reached by all.
  func unreachablePair(among hosts: Range<Int>) -> (source: Int, destination: Int)? {
    guard let first = hosts.first else { return nil }
    let reached = nodes(connectedTo: first, by: { leaving[$0].map(\.target) })
    if let lost = hosts.first(where: { !reached.contains($0) }) { return (first, lost) }
    let reaching = nodes(connectedTo: first, by: { arriving[$0].map(\.source) })
    return hosts.first { !reaching.contains($0) }.map { ($0, first) }
  }

  private func nodes(connectedTo start: Int, by next: (Int) -> [Int]) -> Set<Int> {
    var found: Set<Int> = [start]
    var open = [start]
    while let node = open.popLast() {
      for target in next(node) where found.insert(target).inserted { open.append(target) }
    }
    return found
  }

  /// The links from a node that begin one of the best paths.
  private func ways(from node: Int, at distances: [Distance]) -> [Edge] {
    leaving[node].filter {
      distances[$0.target] < distances[node] && distances[$0.target].behind($0) == distances[node]
    }
  }

  /// How far each node is from `destination`: Dijkstra's algorithm, O((nodes + links) log nodes).
  ///
  /// - Parameter source: the node whose paths are wanted; what is farther away is left out. All unless given.
  private func distances(to destination: Int, from source: Int? = nil) -> [Distance] {
    var best = Array(repeating: Distance.unreachable, count: leaving.count)
    best[destination] = .zero
    var open: Heap<Candidate> = [Candidate(distance: .zero, node: destination)]
    while let candidate = open.popMin(), candidate.node != source {
      guard candidate.distance == best[candidate.node] else { continue }
      for edge in arriving[candidate.node] {
        let distance = candidate.distance.behind(edge)
        guard distance < best[edge.source] else { continue }
        best[edge.source] = distance
        open.insert(Candidate(distance: distance, node: edge.source))
      }
    }
    return best
  }
}
