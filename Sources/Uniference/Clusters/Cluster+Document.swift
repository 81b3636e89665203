import Communication
import Documents
import Foundation
import Network

extension Cluster {
  /// Reads a cluster file.
  ///
  /// - Parameter overrides: applied in order before anything is decoded.
  /// - Throws: one line that names file, line and field, the value at fault, and what is allowed.
  public init(contentsOf path: String, overrides: [DocumentOverride] = []) throws(DocumentError) {
    var texts: [DocumentText] = []
    try self.init(contentsOf: path, overrides: overrides, texts: &texts)
  }

  /// Reads a cluster file.
  ///
  /// - Parameter texts: receives the text of every file read, this one first.
  package init(
    contentsOf path: String, overrides: [DocumentOverride], texts: inout [DocumentText]
  ) throws(DocumentError) {
    self = try Cluster(document: DocumentText(contentsOf: path), overrides: overrides, texts: &texts)
  }

  /// Reads the text of a cluster file.
  ///
  /// - Parameter file: its name in errors; paths in it are relative to its folder.
  public init(yaml text: String, file: String = "cluster.yaml", overrides: [DocumentOverride] = [])
    throws(DocumentError)
  {
    var texts: [DocumentText] = []
    self = try Cluster(document: DocumentText(path: file, text: text), overrides: overrides, texts: &texts)
  }

  /// - Parameter texts: receives the text of every file read, this one first.
  package init(
    document: DocumentText, overrides: [DocumentOverride], texts: inout [DocumentText]
  ) throws(DocumentError) {
    texts.append(document)
    var value = try DocumentValue(yaml: document.text, file: document.path)
    for override in overrides { try value.apply(override) }
    let name = URL(fileURLWithPath: document.path).deletingPathExtension().lastPathComponent
    self = try Cluster(value, defaultName: name, texts: &texts)
  }

  package static let fieldNames = ["name", "devices", "network", "failures"]

  /// A scenario's file where a cluster is expected.
  private static func refuseScenario(_ value: DocumentValue) throws(DocumentError) {
    guard case .mapping(let entries) = value.content, !entries.contains(where: { $0.name == "devices" }),
      let cluster = entries.first(where: { $0.name == "cluster" })
    else { return }
    throw DocumentError(
      cluster.nameOrigin, field: "cluster", "this is a scenario and no cluster; give what it says here instead")
  }

  /// - Parameter texts: receives the text of every other file that the document names.
  package init(_ value: DocumentValue, defaultName: String, texts: inout [DocumentText]) throws(DocumentError) {
    try Self.refuseScenario(value)
    let fields = try DocumentFields(value, of: "a cluster's fields", allowed: Self.fieldNames)
    let entries = try DeviceEntry.decodeList(
      fields.required("devices", example: "[{name: jetson, count: 4, model: jetson-orin-nano}]"))
    self.init(
      name: try fields["name"]?.name("the cluster's name") ?? defaultName, devices: entries.flatMap(\.devices),
      network: .switch(bandwidth: .gigabitsPerSecond(1)))
    // A single device sends nothing, so any network will do for it.
    if devices.count > 1 || fields["network"] != nil {
      let document = try fields.required(
        "network", example: "{topology: switch, link: {bandwidth: 1 Gbps, latency: 0.5 ms}}")
      try decodeNetwork(document, entries: entries, texts: &texts)
    }
    let ranks = ranksByName
    for element in try fields["failures"]?.list(of: "failures such as {device: jetson-2, at: 5 s}") ?? [] {
      failures.append(try DeviceFailure(element, in: self, ranks: ranks))
    }
  }

  private mutating func decodeNetwork(
    _ document: DocumentValue, entries: [DeviceEntry], texts: inout [DocumentText]
  ) throws(DocumentError) {
    let reading = try TopologyReading(document, deviceEntries: entries)
    let fields = reading.fields
    let transport = try fields["transport"].map { (value) throws(DocumentError) in
      try TransportReading(value, texts: &texts)
    }
    let profile = transport?.profile ?? .ideal
    network = ClusterNetwork(
      topology: reading.topology, transport: profile,
      collectives: try fields["collectives"].map { (value) throws(DocumentError) in
        try AlgorithmSelector(value, otherwise: transport?.collectives ?? .ideal)
      } ?? transport?.collectives)
    network.transportMachine = transport?.machine
    network.hints = transport?.hints ?? []
    let topology: Topology
    do throws(NetworkError) {
      topology = try makeTopology()
    } catch {
      throw (fields["topology"] ?? document).error("\(error)")
    }
    let changes = try fields["changes"]?.list(of: "changes such as {link: host0->switch, at: 1 s, bandwidth: 10 Mbps}")
    guard !reading.linkEntries.isEmpty || changes?.isEmpty == false else { return }
    let names = LinkNames(topology: topology, entries: entries)
    network.links = try reading.links(of: topology, called: names)
    for element in changes ?? [] { network.changes.append(try LinkChange(element, links: names)) }
    do throws(LinkChangeError) {
      _ = try network.capacitySteps(on: topology)
    } catch {
      throw (changes ?? [])[error.change].error(error.message)
    }
  }
}

extension TopologyReading {
  /// The figures of single links, by their names in the topology.
  fileprivate func links(of topology: Topology, called names: LinkNames) throws(DocumentError) -> [String: Link] {
    var links: [String: Link] = [:]
    var single: Set<String> = []
    for entry in linkEntries {
      let reading = try LinkReading(entry.value)
      let (called, isGroup) = try names.links(called: entry)
      let numbers = topology.links(named: Set(called))
      for name in called {
        guard let number = numbers[name] else { continue }
        if !isGroup, !single.insert(name).inserted {
          throw DocumentError(
            entry.nameOrigin, field: entry.value.field, "the link \(name) is given more than once; write it once")
        }
        if isGroup, single.contains(name) { continue }
        links[name] = reading.link(replacing: topology.links[Int(number)])
      }
    }
    return links
  }
}
