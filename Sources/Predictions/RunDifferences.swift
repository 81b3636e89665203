import Documents
import Reports
import Results
import Uniference

/// What two runs were made of where that differs: fields of their clusters and scenarios, model, strategy, seed, versions.
public struct RunDifferences: Encodable, Sendable {
  /// One input that differs.
  public struct Difference: Encodable, Hashable, Sendable {
    /// Which one: `cluster network.link.bandwidth`.
    public let input: String
    /// In the first run; `nil` where it says nothing of it.
    public let a: String?
    /// In the second run; `nil` where it says nothing of it.
    public let b: String?

    /// Writes `null` for what is not there.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(input, forKey: .input)
      try container.encode(a, forKey: .a)
      try container.encode(b, forKey: .b)
    }

    private enum CodingKeys: String, CodingKey { case input, a, b }
  }

  /// In the order in which the inputs stand in their files, the first run's before what only the second one has.
  public let differences: [Difference]

  /// Compares what two records say of their inputs.
  public init(_ a: RunManifest, _ b: RunManifest) {
    let (first, second) = (InputListing(a), InputListing(b))
    let names = first.names + second.names.filter { first.values[$0] == nil }
    differences = names.compactMap { name in
      let (own, other) = (first.values[name], second.values[name])
      return own == other ? nil : Difference(input: name, a: own, b: other)
    }
  }

  /// Writes the list alone.
  public func encode(to encoder: any Encoder) throws { try differences.encode(to: encoder) }
}

/// A run's inputs as names and texts, in order.
private struct InputListing {
  private(set) var names: [String] = []
  private(set) var values: [String: String] = [:]

  init(_ manifest: RunManifest) {
    let inputs = manifest.inputs
    let settings = (inputs.settings ?? inputs.simulateSettings).compactMap { try? DocumentOverride(parsing: $0) }
    add(scenario: inputs.scenario, cluster: inputs.cluster, settings)
    for (path, text) in (inputs.files ?? [:]).sorted(by: { $0.key < $1.key }) {
      add(document: try? DocumentValue(yaml: text, file: path), otherwise: text, as: path)
    }
    add("program", inputs.program)
    add("model", inputs.model)
    add("strategy", inputs.strategy)
    add("arguments", inputs.ownArguments.isEmpty ? nil : inputs.ownArguments.joined(separator: " "))
    add("seed", "\(inputs.seed)")
    add("compute time", inputs.compute.map(Self.text))
    add("devices", manifest.devices.abbreviated(to: 8))
    add("uniference version", manifest.versions.uniference)
    add("Swift version", manifest.versions.swift)
  }

  private mutating func add(_ name: String, _ text: String?) {
    guard let text, values[name] == nil else { return }
    names.append(name)
    values[name] = text
  }

  private static func text(_ compute: RunCompute) -> String {
    let words = [compute.source, compute.record, compute.processor.map { "on \($0)" }].compactMap(\.self)
    let kernels = compute.kernels.map { ["kernel tables \($0.joined(separator: "; "))"] } ?? []
    return (words + kernels).joined(separator: " ")
  }

  // MARK: Documents

  /// A scenario's own fields, and those of its cluster, which stands in it or in a file.
  private mutating func add(scenario text: String?, cluster clusterText: String?, _ settings: [DocumentOverride]) {
    var intoCluster = settings
    var inline: DocumentValue?
    if let text {
      var scenario = try? DocumentValue(yaml: text, file: "scenario")
      if var value = scenario {
        intoCluster = (try? Scenario.apply(settings, to: &value)) ?? []
        scenario = value
      }
      inline = scenario?.member("cluster").flatMap { $0.isScalar ? nil : $0 }
      add(document: scenario?.withoutMember("cluster"), otherwise: text, as: "scenario")
    }
    guard let clusterText else {
      if var cluster = inline {
        for setting in intoCluster { try? cluster.apply(setting) }
        add(document: cluster, otherwise: "", as: "cluster")
      }
      return
    }
    var cluster = try? DocumentValue(yaml: clusterText, file: "cluster")
    for setting in intoCluster { try? cluster?.apply(setting) }
    add(document: cluster, otherwise: clusterText, as: "cluster")
  }

  /// Each scalar under its path; the whole text of what cannot be read.
  private mutating func add(document: DocumentValue?, otherwise text: String, as name: String) {
    guard let document else { return add(name, text) }
    document.forEachScalar { path, text in add(path.isEmpty ? name : "\(name) \(path)", text) }
  }
}

extension RunInputs {
  /// What `simulate` was told to set, which older records keep among the arguments alone.
  fileprivate var simulateSettings: [String] {
    zip(arguments, arguments.dropFirst()).filter { $0.0 == "--set" }.map(\.1)
  }

  /// A program's own arguments. Those of a scenario's run are its strategy and settings, which are told apart.
  fileprivate var ownArguments: [String] { scenario == nil ? arguments : [] }
}

extension DocumentValue {
  fileprivate var isScalar: Bool {
    if case .scalar = content { true } else { false }
  }

  fileprivate func member(_ name: String) -> DocumentValue? {
    guard case .mapping(let entries) = content else { return nil }
    return entries.first { $0.name == name }?.value
  }

  fileprivate func withoutMember(_ name: String) -> DocumentValue {
    guard case .mapping(let entries) = content else { return self }
    var value = self
    value.content = .mapping(entries.filter { $0.name != name })
    return value
  }

  /// Calls `body` with the path and the text of each scalar, in order.
  fileprivate func forEachScalar(_ path: String = "", _ body: (String, String) -> Void) {
    switch content {
    case .nothing: break
    case .scalar(let text): body(path, text)
    case .list(let elements):
      for (index, element) in elements.enumerated() { element.forEachScalar("\(path)[\(index)]", body) }
    case .mapping(let entries):
      for entry in entries { entry.value.forEachScalar(path.isEmpty ? entry.name : "\(path).\(entry.name)", body) }
    }
  }
}
