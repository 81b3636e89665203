import Network
import Quantities

/// The names by which a document may call a topology's links: the topology's own, `host0->switch`, or with devices'
/// names, `jetson-0->switch`.
struct LinkNames {
  private let canonical: [String: String]
  private let ordered: [String]

  init(topology: Topology, cluster: Cluster) {
    let links = topology.linkNames
    var canonical = Dictionary(links.map { ($0, $0) }, uniquingKeysWith: { first, _ in first })
    var ordered: [String] = []
    for link in links {
      let alias = link.replacing(/host([0-9]+)/) { match in
        Int(match.1).flatMap { cluster.devices.indices.contains($0) ? cluster.devices[$0].name : nil } ?? ""
      }
      canonical[alias] = canonical[alias] ?? link
      ordered.append(alias)
    }
    self.canonical = canonical
    self.ordered = ordered
  }

  func canonicalName(_ value: DocumentValue) throws(DocumentError) -> String {
    let name = try value.text("the name of a link")
    if let canonical = canonical[name] { return canonical }
    let candidates = ordered.prefix(10_000) + canonical.keys.sorted().prefix(10_000)
    let suggestion = nearestName(to: name, among: candidates).map { " did you mean \"\($0)\"?" } ?? ""
    let some = ordered.count > 6 ? Array(ordered.prefix(5)) + ["..."] : ordered
    throw value.error(
      "there is no link \"\(quotable(name))\":\(suggestion) the links are \(some.joined(separator: ", "))")
  }
}

extension LinkChange {
  init(_ value: DocumentValue, links: LinkNames) throws(DocumentError) {
    let fields = try DocumentFields(
      value, of: "a change's fields", allowed: ["link", "at", "bandwidth", "down_until"])
    let link = try links.canonicalName(fields.required("link", example: "host0->switch"))
    let time = try fields.required("at", example: "1 s").quantity(Duration.self, .notNegative)
    switch (fields["bandwidth"], fields["down_until"]) {
    case (let bandwidth?, nil):
      self.init(link: link, at: time, .bandwidth(try bandwidth.quantity(Bandwidth.self, .positive)))
    case (nil, let end?):
      if try end.text("a time or the word never") == "never" {
        self.init(link: link, at: time, .outage(until: nil))
        return
      }
      let until = try end.quantity(Duration.self, .positive)
      guard until > time else {
        throw end.error(
          "\(end.shown) is not allowed: the outage begins at \(time.shortDescription), so it must end later")
      }
      self.init(link: link, at: time, .outage(until: until))
    default:
      throw value.error("give one of bandwidth (the new one) and down_until (when an outage ends, or never)")
    }
  }
}

extension DeviceFailure {
  init(_ value: DocumentValue, in cluster: Cluster) throws(DocumentError) {
    let fields = try DocumentFields(value, of: "a failure's fields", allowed: ["device", "at"])
    let device = try fields.required("device", example: cluster.devices.first?.name ?? "jetson-0")
    let name = try device.text("the name of a device")
    guard let rank = cluster.device(named: name) else {
      throw device.error(unknownDeviceMessage(name, known: cluster.devices.map(\.name)))
    }
    self.init(device: rank, at: try fields.required("at", example: "5 s").quantity(Duration.self, .notNegative))
  }
}
