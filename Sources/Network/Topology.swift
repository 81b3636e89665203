/// Hosts, the links between them, and the path that messages take from one host to another.
///
/// Immutable: what changes over time (capacities, failures) is the state of a ``FlowNetwork``.
public struct Topology: Sendable {
  /// Number of hosts; they come first among the nodes.
  public let hostCount: Int
  /// All links; routes are made of their positions.
  public let links: LinkTable
  private let router: any Router
  private let linkName: @Sendable (LinkID) -> String

  /// - Throws: ``NetworkError`` when a link has no bandwidth or a negative latency.
  public init(
    hostCount: Int, links: [Link], router: any Router, linkName: @escaping @Sendable (LinkID) -> String
  ) throws(NetworkError) {
    for (index, link) in links.enumerated() {
      guard link.bytesPerSecond > 0, link.bytesPerSecond.isFinite else {
        throw .notPositive(figure: "bandwidth", link: linkName(LinkID(index)), value: link.bytesPerSecond)
      }
      guard link.latencyPicoseconds >= 0, link.jitterPicoseconds >= 0 else {
        throw .shape("latency and jitter of link \(linkName(LinkID(index))) must not be negative")
      }
      guard (0..<1).contains(link.loss) else {
        throw .shape("loss of link \(linkName(LinkID(index))) is \(link.loss); it must be at least 0 and below 1")
      }
    }
    self.hostCount = hostCount
    self.links = try LinkTable(links)
    self.router = router
    self.linkName = linkName
  }

  /// Appends the links from `source` to `destination` in order; nothing for a host's messages to itself.
  public func appendRoute(from source: Int, to destination: Int, to route: inout [LinkID]) {
    guard source != destination else { return }
    router.appendRoute(from: source, to: destination, to: &route)
  }

  /// The links from `source` to `destination` in order.
  public func route(from source: Int, to destination: Int) -> [LinkID] {
    var route: [LinkID] = []
    appendRoute(from: source, to: destination, to: &route)
    return route
  }

  /// What reports call a link.
  public func name(of link: LinkID) -> String { linkName(link) }

  /// The link of that name. O(links).
  public func link(named name: String) -> LinkID? {
    links.indices.lazy.map { LinkID($0) }.first { linkName($0) == name }
  }

  /// The links of those names, as far as there are any. O(links).
  public func links(named names: Set<String>) -> [String: LinkID] {
    var found: [String: LinkID] = [:]
    guard !names.isEmpty else { return found }
    for link in links.indices.lazy.map({ LinkID($0) }) {
      let name = linkName(link)
      if names.contains(name) { found[name] = found[name] ?? link }
    }
    return found
  }

  /// The names of all links. O(links).
  public var linkNames: [String] { links.indices.map { linkName(LinkID($0)) } }
}

/// Finds paths. There is one between any two hosts: whoever builds a topology has made sure of it.
public protocol Router: Sendable {
  /// Appends the links of the path in order. `source` and `destination` differ.
  func appendRoute(from source: Int, to destination: Int, to route: inout [LinkID])
}
