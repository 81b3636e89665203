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

  /// A link's name with other names for hosts, which topologies call `host0`, `host1` and so on. A regular expression would
  /// take twenty times as long, and large clusters have many thousands of links.
  static func alias(of link: String, _ name: (Int) -> String?) -> String {
    let characters = Array(link.utf8)
    var alias: [UInt8] = []
    var position = 0
    while position < characters.count {
      if let digits = digitsOfHost(in: characters, at: position) {
        alias += Array((Int(String(decoding: characters[digits], as: UTF8.self)).flatMap(name) ?? "").utf8)
        position = digits.upperBound
      } else {
        alias.append(characters[position])
        position += 1
      }
    }
    return String(decoding: alias, as: UTF8.self)
  }

  /// Where the digits are behind the word `host`, if that is at this position.
  private static func digitsOfHost(in characters: [UInt8], at position: Int) -> Range<Int>? {
    let rest = characters[position...]
    guard rest.starts(with: "host".utf8) else { return nil }
    let digits = rest.dropFirst("host".utf8.count).prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    return digits.isEmpty ? nil : digits.indices
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
