import Documents
import Inputs
import Network
import Quantities

/// The topology of a document's `network`, with the other fields of it.
struct TopologyReading {
  /// The words for topologies in documents.
  enum Kind: String, CaseIterable {
    case `switch`, wifi, shared, mesh, star, ring, line, torus
    case twoLevelTree = "two-level-tree"
    case fatTree = "fat-tree"
    case nodes, sites, graph

    /// What `network` may say beyond what all topologies have.
    var fieldNames: [String] {
      switch self {
      case .switch: ["duplex", "links"]
      case .wifi, .shared: []
      case .star, .ring, .line: ["links"]
      case .mesh, .torus: ["dimensions", "links"]
      case .twoLevelTree: ["hosts_per_leaf", "spines", "oversubscription", "links"]
      case .fatTree: ["arity", "oversubscription", "links"]
      case .nodes: ["devices_per_node", "cards", "inside", "links"]
      case .sites: ["hosts_per_site", "wide_area", "links"]
      case .graph: ["cables"]
      }
    }
  }

  private enum Duplex: String, CaseIterable { case full, half }

  static let commonFieldNames = ["topology", "link", "transport", "collectives", "changes"]

  let fields: DocumentFields
  let topology: TopologyDescription
  /// What is said of single links, by names that the topology is to be asked for.
  private(set) var linkEntries: [DocumentValue.Entry] = []

  init(_ network: DocumentValue, deviceEntries: [DeviceEntry]) throws(DocumentError) {
    let kind = try Self.kind(of: network)
    fields = try DocumentFields(
      network, of: "a network's fields", allowed: Self.commonFieldNames + kind.fieldNames)
    if kind == .graph {
      topology = .graph(cables: try Self.cables(fields))
      return
    }
    let example = "{bandwidth: 1 Gbps, latency: 0.5 ms}"
    let reading = try LinkReading(fields.required("link", example: example))
    let link = try reading.link()
    switch kind {
    case .switch:
      let duplex = try fields["duplex"]?.choice("duplex", of: Duplex.self) ?? .full
      let (exceptions, entries) = try Self.exceptions(fields["links"], otherwise: reading, entries: deviceEntries)
      topology = .singleSwitch(link: link, isFullDuplex: duplex == .full, exceptions: exceptions)
      linkEntries = entries
      return
    case .wifi, .shared: topology = .sharedMedium(channel: link)
    case .mesh:
      topology =
        fields["dimensions"] == nil
        ? .fullMesh(link: link)
        : .grid(dimensions: try Self.counts(fields, "dimensions", example: "[2, 3]"), link: link)
    case .star: topology = .star(link: link)
    case .ring: topology = .ring(link: link)
    case .line: topology = .line(link: link)
    case .torus:
      topology = .torus(dimensions: try Self.counts(fields, "dimensions", example: "[4, 4]"), link: link)
    case .twoLevelTree:
      topology = .twoLevelTree(
        hostsPerLeaf: try Self.count(fields.required("hosts_per_leaf", example: "16")),
        spines: try fields["spines"].map(Self.count) ?? 1, oversubscription: try Self.oversubscription(fields),
        link: link)
    case .fatTree:
      topology = .fatTree(
        arity: try Self.count(fields.required("arity", example: "8")),
        oversubscription: try Self.oversubscription(fields), link: link)
    case .nodes:
      topology = .nodesAndFabric(
        devices: try Self.nodeCounts(fields.required("devices_per_node", example: "8, or [4, 6]")),
        cards: try fields["cards"].map(Self.nodeCounts),
        inside: try LinkReading(fields.required("inside", example: "{bandwidth: 450 GB/s, latency: 1 us}")).link(),
        fabric: link)
    case .sites:
      topology = .sites(
        hostsPerSite: try Self.counts(fields, "hosts_per_site", example: "[2, 2]"), link: link,
        wideArea: try LinkReading(fields.required("wide_area", example: "{bandwidth: 100 Mbps, latency: 20 ms}"))
          .link())
    case .graph: topology = .graph(cables: [])
    }
    linkEntries = try fields["links"]?.entries(of: Self.linksExample) ?? []
  }

  private static let linksExample = "links and their figures, such as {host0->switch: {bandwidth: 100 Mbps}}"

  private static func kind(of network: DocumentValue) throws(DocumentError) -> Kind {
    let entries = try network.entries(of: "a network's fields (\(commonFieldNames.joined(separator: ", ")))")
    guard let value = entries.first(where: { $0.name == "topology" })?.value else { return .switch }
    if case .nothing = value.content { return .switch }
    return try value.choice("topology", of: Kind.self)
  }

  private static func count(_ value: DocumentValue) throws(DocumentError) -> Int {
    try value.integer(in: 1...Cluster.maximumDeviceCount)
  }

  /// A number for all machines, or one for each.
  private static func nodeCounts(_ value: DocumentValue) throws(DocumentError) -> NodeCounts {
    guard case .list(let elements) = value.content else { return .equal(try count(value)) }
    guard !elements.isEmpty else { throw value.error("the list is empty; write for example [4, 6]") }
    return .listed(try elements.map(count))
  }

  private static func counts(
    _ fields: DocumentFields, _ name: String, example: String
  ) throws(DocumentError) -> [Int] {
    let value = try fields.required(name, example: example)
    let elements = try value.list(of: "whole numbers such as \(example)")
    guard !elements.isEmpty else { throw value.error("the list is empty; write for example \(example)") }
    return try elements.map(count)
  }

  private static func oversubscription(_ fields: DocumentFields) throws(DocumentError) -> Double {
    try fields["oversubscription"]?.ratio(FieldLimits.factor) ?? 1
  }

  /// The links of single devices, or of all devices of an entry, and what is said of single links.
  private static func exceptions(
    _ value: DocumentValue?, otherwise common: LinkReading, entries: [DeviceEntry]
  ) throws(DocumentError) -> (devices: [String: Link], links: [DocumentValue.Entry]) {
    guard let value else { return ([:], []) }
    var devices: [String: Link] = [:]
    var links: [DocumentValue.Entry] = []
    let entriesByName = Dictionary(entries.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let deviceNames = Set(entries.flatMap { $0.devices.map(\.name) })
    for exception in try value.entries(
      of: "devices or links and their figures, such as {jetson-3: {bandwidth: 100 Mbps}}")
    {
      if let entry = entriesByName[exception.name] {
        let link = try LinkReading(exception.value).link(otherwise: common)
        for device in entry.devices where devices[device.name] == nil { devices[device.name] = link }
      } else if deviceNames.contains(exception.name) {
        devices[exception.name] = try LinkReading(exception.value).link(otherwise: common)
      } else if exception.name.contains("switch") {
        links.append(exception)
      } else {
        let names = entries.flatMap { entry in [entry.name] + entry.devices.prefix(16).map(\.name) }
        throw DocumentError(
          exception.nameOrigin, field: exception.value.field,
          unknownDeviceMessage(exception.name, known: names))
      }
    }
    return (devices, links)
  }

  private static func cables(_ fields: DocumentFields) throws(DocumentError) -> [Topology.Cable] {
    let common = try fields["link"].map { (value) throws(DocumentError) in try LinkReading(value) }
    let example = "[{from: jetson-0, to: switch-a, bandwidth: 1 Gbps}]"
    let value = try fields.required("cables", example: example)
    var cables: [Topology.Cable] = []
    for element in try value.list(of: "cables such as \(example)") {
      let fields = try DocumentFields(
        element, of: "a cable's fields", allowed: ["from", "to", "kind", "count"] + LinkReading.fieldNames)
      let from = try fields.required("from", example: "jetson-0").name("the name of a device or switch")
      let to = try fields.required("to", example: "switch-a").name("the name of a device or switch")
      guard from != to else { throw element.error("the cable leads from \"\(quotable(from))\" to itself") }
      let kind = try fields["kind"]?.choice("kind of cable", of: CableKind.self) ?? .full
      let count = try fields["count"]?.integer(in: 1...1024) ?? 1
      let link = try LinkReading(fields).link(otherwise: common).scaled(by: Double(count))
      cables.append(Topology.Cable(from: from, to: to, link: link, kind: kind.value))
    }
    return cables
  }

  private enum CableKind: String, CaseIterable {
    case full, half
    case oneWay = "one-way"
    case wifi

    var value: Topology.Cable.Kind {
      switch self {
      case .full: .fullDuplex
      case .half: .halfDuplex
      case .oneWay: .oneWay
      case .wifi: .wifi
      }
    }
  }
}

/// What to say of a device that is not in the cluster.
func unknownDeviceMessage(_ name: String, known: [String]) -> String {
  let shown = known.count > 8 ? Array(known.prefix(7)) + ["..."] : known
  let suggestion = nearestName(to: name, among: known).map { " did you mean \"\($0)\"?" } ?? ""
  return "there is no device \"\(quotable(name))\":\(suggestion) the cluster has \(shown.joined(separator: ", "))"
}
