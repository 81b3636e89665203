import Documents
import Inputs
import Network
import Quantities

/// The names by which a document may call a topology's links: the topology's own, `host0->switch`; with devices' names,
/// `jetson-0->switch`; and for all devices of an entry together, `jetson->switch`.
package struct LinkNames {
  private let canonical: [String: String]
  private let groups: [String: [String]]
  private let ordered: [String]

  init(topology: Topology, entries: [DeviceEntry]) {
    let hosts = entries.flatMap { entry in entry.devices.map { (device: $0.name, entry: entry.name) } }
    let links = topology.linkNames
    var canonical = Dictionary(links.map { ($0, $0) }, uniquingKeysWith: { first, _ in first })
    var groups: [String: [String]] = [:]
    var ordered: [String] = []
    for link in links {
      let alias = Self.alias(of: link) { hosts.indices.contains($0) ? hosts[$0].device : nil }
      canonical[alias] = canonical[alias] ?? link
      groups[Self.alias(of: link) { hosts.indices.contains($0) ? hosts[$0].entry : nil }, default: []].append(link)
      ordered.append(alias)
    }
    self.canonical = canonical
    self.groups = groups
    self.ordered = ordered
  }

  /// A link's name with other names for hosts.
  static func alias(of link: String, _ name: (Int) -> String?) -> String {
    link.replacing(/host([0-9]+)/) { match in Int(match.1).flatMap(name) ?? "" }
  }

  /// A link's name in reports: with devices' names, `jetson-0->switch`.
  package static func name(of link: LinkID, in topology: Topology, of cluster: Cluster) -> String {
    alias(of: topology.name(of: link)) { cluster.devices.indices.contains($0) ? cluster.devices[$0].name : nil }
  }

  /// The topology's own name of one link.
  func link(called value: DocumentValue) throws(DocumentError) -> String {
    let name = try value.text("the name of a link")
    if let link = canonical[name] { return link }
    throw value.error(unknownLinkMessage(name))
  }

  /// The topology's own names of one link, or of those of all devices of an entry.
  func links(called entry: DocumentValue.Entry) throws(DocumentError) -> (names: [String], isGroup: Bool) {
    if let link = canonical[entry.name] { return ([link], false) }
    if let links = groups[entry.name] { return (links, true) }
    throw DocumentError(entry.nameOrigin, field: entry.value.field, unknownLinkMessage(entry.name))
  }

  private func unknownLinkMessage(_ name: String) -> String {
    let candidates = ordered.prefix(10_000) + canonical.keys.sorted().prefix(10_000)
    let suggestion = nearestName(to: name, among: candidates).map { " did you mean \"\($0)\"?" } ?? ""
    let some = ordered.count > 6 ? Array(ordered.prefix(5)) + ["..."] : ordered
    return "there is no link \"\(quotable(name))\":\(suggestion) the links are \(some.joined(separator: ", "))"
  }
}
