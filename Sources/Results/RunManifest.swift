/// What a run was made from: with the program itself, enough to run it again.
public struct RunInputs: Codable, Hashable, Sendable {
  /// The text of the cluster file, as it was read.
  public var cluster: String?
  /// The text of the scenario file, as it was read.
  public var scenario: String?
  /// The program's or model's name.
  public var program: String
  /// The text of the model's configuration, when it came from a file.
  public var model: String?
  /// The command line's arguments.
  public var arguments: [String]
  /// The seed of every random stream.
  public var seed: UInt64
  /// Fields of those files that the command line set, as `field=value`; `nil` in records that do not say.
  public var settings: [String]?
  /// The texts of the other files that those name, by path: a transport's profile, a model's configuration.
  public var files: [String: String]?
  /// Where compute time came from; `nil` in records that do not say.
  public var compute: RunCompute?
  /// The command that made the run: `simulate`, `run`, `exec`; `nil` in records that do not say.
  public var command: String?
  /// The cluster's name; `nil` in records that do not say.
  public var clusterName: String?
  /// The scenario's file, to which paths in it are relative; `nil` in records that do not say.
  public var scenarioPath: String?

  /// See the properties.
  public init(
    cluster: String? = nil, scenario: String? = nil, program: String, model: String? = nil, arguments: [String] = [],
    seed: UInt64, settings: [String]? = nil, files: [String: String]? = nil, compute: RunCompute? = nil,
    command: String? = nil, clusterName: String? = nil, scenarioPath: String? = nil
  ) {
    self.cluster = cluster
    self.scenario = scenario
    self.program = program
    self.model = model
    self.arguments = arguments
    self.seed = seed
    self.settings = settings
    self.files = files
    self.compute = compute
    self.command = command
    self.clusterName = clusterName
    self.scenarioPath = scenarioPath
  }

  private enum CodingKeys: String, CodingKey {
    case cluster, scenario, program, model, arguments, seed, settings, files, compute, command
    case clusterName = "cluster_name"
    case scenarioPath = "scenario_path"
  }

  /// The strategy of a scenario's run; `nil` for other runs.
  public var strategy: String? {
    scenario != nil && arguments.first == "--strategy" ? arguments.dropFirst().first : nil
  }
}

/// Where a run's compute time came from.
public struct RunCompute: Codable, Hashable, Sendable {
  /// `measured`, `recorded` or `roofline`.
  public var source: String
  /// The processor that it was measured on.
  public var processor: String?
  /// Which kind of processor that is.
  public var processorKind: String?
  /// The record that it was taken from.
  public var record: String?
  /// The files of measured kernel times that it goes by, each with what they are of; `nil` without any.
  public var kernels: [String]?

  /// See the properties.
  public init(
    source: String, processor: String? = nil, processorKind: String? = nil, record: String? = nil,
    kernels: [String]? = nil
  ) {
    self.source = source
    self.processor = processor
    self.processorKind = processorKind
    self.record = record
    self.kernels = kernels
  }

  private enum CodingKeys: String, CodingKey {
    case source, processor, record, kernels
    case processorKind = "processor_kind"
  }
}

/// The software that made a run.
public struct RunVersions: Codable, Hashable, Sendable {
  /// Uniference's own version.
  public var uniference: String
  /// The compiler's language version.
  public var swift: String

  /// See the properties.
  public init(uniference: String, swift: String) {
    self.uniference = uniference
    self.swift = swift
  }
}

/// How a run ended.
public enum RunStatus: Hashable, Sendable {
  case complete
  /// Stopped by the user. The record is valid and holds what had happened until then.
  case interrupted
  /// Ended by an error. The record is valid and holds what had happened until then.
  case failed(reason: String)
}

/// The file `run.json` of a run record.
public struct RunManifest: Hashable, Sendable {
  /// Where the events are and how to check and read them.
  public struct Events: Codable, Hashable, Sendable {
    /// File name inside the record.
    public let file: String
    /// Each field's name and NumPy type.
    public let dtype: [[String]]
    /// Number of records.
    public let count: Int
    /// SHA-256 of the file, in lowercase hexadecimal.
    public let sha256: String
  }

  /// Where in their programs ranks were: phases, layers, calls. Records of the same layout, with names of their own, so that
  /// the event log and its digest do not depend on them.
  public struct Spans: Codable, Hashable, Sendable {
    /// What the spans' name indices stand for.
    public let names: [String]
    /// The file.
    public let events: Events
  }

  /// The layout of `run.json` and `events.bin` that this version writes and reads.
  public static let currentSchemaVersion = 1

  /// The layout that the record follows.
  public let schemaVersion: Int
  /// How the run ended.
  public let status: RunStatus
  /// What the run was made from.
  public let inputs: RunInputs
  /// What made it.
  public let versions: RunVersions
  /// Each world rank's device name.
  public let devices: [String]
  /// The run's summary, in whatever shape the program gave it.
  public let results: JSONValue
  /// What the events' name indices stand for.
  public let names: [String]
  /// The event log beside `run.json`.
  public let events: Events
  /// Where in their programs ranks were; `nil` where nobody has said, as in older records.
  public let spans: Spans?
}

extension RunManifest: Codable {
  private enum CodingKeys: String, CodingKey {
    case schemaVersion = "schema_version"
    case status, reason, inputs, versions, devices, results, names, events, spans
  }

  /// Reads `run.json`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    schemaVersion = try container.decode(Int.self, forKey: .schemaVersion)
    switch try container.decode(String.self, forKey: .status) {
    case "complete": status = .complete
    case "interrupted": status = .interrupted
    case "failed": status = .failed(reason: try container.decode(String.self, forKey: .reason))
    case let other:
      throw DecodingError.dataCorruptedError(
        forKey: .status, in: container,
        debugDescription: "status is '\(other)'; allowed are complete, interrupted and failed")
    }
    inputs = try container.decode(RunInputs.self, forKey: .inputs)
    versions = try container.decode(RunVersions.self, forKey: .versions)
    devices = try container.decode([String].self, forKey: .devices)
    results = try container.decode(JSONValue.self, forKey: .results)
    names = try container.decode([String].self, forKey: .names)
    events = try container.decode(Events.self, forKey: .events)
    spans = try container.decodeIfPresent(Spans.self, forKey: .spans)
  }

  /// Writes `run.json`: a failed status has its reason beside it.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(schemaVersion, forKey: .schemaVersion)
    switch status {
    case .complete: try container.encode("complete", forKey: .status)
    case .interrupted: try container.encode("interrupted", forKey: .status)
    case .failed(let reason):
      try container.encode("failed", forKey: .status)
      try container.encode(reason, forKey: .reason)
    }
    try container.encode(inputs, forKey: .inputs)
    try container.encode(versions, forKey: .versions)
    try container.encode(devices, forKey: .devices)
    try container.encode(results, forKey: .results)
    try container.encode(names, forKey: .names)
    try container.encode(events, forKey: .events)
    try container.encodeIfPresent(spans, forKey: .spans)
  }
}
