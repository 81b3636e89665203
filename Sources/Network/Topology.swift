/// Hosts, the links between them, and the path that messages take from one host to another.
///
/// Immutable: what changes over time (capacities, failures) is the state of a ``FlowNetwork``.
public struct Topology: Sendable {
  /// Number of hosts; they come first among the nodes.
  public let hostCount: Int
  /// All links; routes are made of their positions.
  public let links: LinkTable
  let router: any Router
  private let linkName: @Sendable (LinkID) -> String

  /// - Throws: ``NetworkError`` when a link has no bandwidth or a negative latency.
  public init(
    hostCount: Int, links: [Link], router: any Router, linkName: @escaping @Sendable (LinkID) -> String
  ) throws(NetworkError) {
    for (index, link) in links.enumerated() { try link.check { linkName(LinkID(index)) } }
    self.hostCount = hostCount
    self.links = try LinkTable(links)
    self.router = router
    self.linkName = linkName
  }

  private init(_ other: Topology, links: LinkTable) {
    hostCount = other.hostCount
    self.links = links
    router = other.router
    linkName = other.linkName
  }

  /// The same topology with other figures for some of its links. Routes stay as they are.
  ///
  /// - Throws: ``NetworkError`` when a link has no bandwidth or a negative latency.
  public func replacing(_ figures: [LinkID: Link]) throws(NetworkError) -> Topology {
    guard !figures.isEmpty else { return self }
    for (link, figures) in figures { try figures.check { name(of: link) } }
    return Topology(self, links: try LinkTable(links.enumerated().map { figures[LinkID($0.offset)] ?? $0.element }))
  }

  /// Appends the links from `source` to `destination` in order; nothing for a host's messages to itself.
  public func appendRoute(
    from source: Int, to destination: Int, by choice: PathChoice = .hashed(0), to route: inout [LinkID]
  ) {
    guard source != destination else { return }
    router.appendRoute(from: source, to: destination, by: choice, to: &route)
  }

  /// The links from `source` to `destination` in order.
  public func route(
    from source: Int, to destination: Int, by choice: PathChoice = .hashed(0)
  ) -> [LinkID] {
    var route: [LinkID] = []
    appendRoute(from: source, to: destination, by: choice, to: &route)
    return route
  }

  /// The links of all paths that messages between some hosts may take. O(hosts² x links of a path + links).
  public func links(between hosts: [Int]) -> Set<LinkID> {
    var used = Array(repeating: false, count: links.count)
    for destination in hosts { router.markPaths(from: hosts, to: destination, in: &used) }
    return Set(used.indices.filter { used[$0] }.map { LinkID($0) })
  }

  /// Whether messages may pass through hosts: in lines, rings, grids, tori, and around the first device of a star.
  public var hostsRelay: Bool { router.hostsRelay }

  /// The hosts without which two others cannot talk: those that messages pass through, and those that their
  /// acknowledgements pass through on their way back.
  public func relays(between source: Int, and destination: Int, by choice: PathChoice = .hashed(0)) -> Set<Int> {
    guard source != destination, hostsRelay else { return [] }
    var relays: [Int] = []
    router.appendRelays(from: source, to: destination, by: choice, to: &relays)
    router.appendRelays(from: destination, to: source, by: choice, to: &relays)
    return Set(relays)
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
