import Documents
import Foundation
import Inputs
import Predictions
import Results
import Uniference

/// A scenario or a script's record, and fields of it that take many values.
///
/// Each combination of values is a ``SweepPoint``, which `uniference simulate` predicts, or `uniference replay`.
public struct Sweep: Sendable {
  /// What is predicted.
  public enum Subject: Hashable, Sendable {
    /// The scenario of a file.
    case scenario(path: String)
    /// The script of a record, on the cluster of a file; on that of the record where there is none.
    case record(path: String, cluster: String?)

    /// The file or the record.
    public var path: String {
      switch self {
      case .scenario(let path), .record(let path, _): path
      }
    }
  }

  /// What is predicted.
  public let subject: Subject
  /// What varies, in the order in which it is written.
  public let fields: [SweptField]
  /// Which combinations of values are tried.
  public let sampling: Sampling
  /// The source of what is drawn, and the scenario's first seed.
  public let seed: UInt64
  /// How many seeds each combination is run with.
  public let repetitions: Int

  /// Reads a sweep.
  ///
  /// - Throws: one line that names file, line and field, the value at fault, and what is allowed.
  public init(contentsOf path: String) throws(DocumentError) {
    let document = try DocumentText(contentsOf: path)
    let value = try DocumentValue(yaml: document.text, file: document.path)
    let fields = try DocumentFields(
      value, of: "a sweep's fields", allowed: ["scenario", "record", "cluster", "vary", "sample", "seed", "repeat"])
    subject = try Self.subject(fields)
    let vary = try fields.required("vary", example: "{workload.prompt: [32, 128]}")
    let entries = try vary.entries(of: "fields of the scenario, and the values that they take")
    guard !entries.isEmpty else { throw vary.error("nothing varies; write {workload.prompt: [32, 128]}") }
    if let seed = entries.first(where: { $0.name == "seed" }) {
      throw seed.value.error("a seed is no field to vary; write repeat: N beside vary for N seeds")
    }
    self.fields = try entries.map { (entry) throws(DocumentError) in try SweptField(entry.name, entry.value) }
    sampling = try fields["sample"].map { (value) throws(DocumentError) in try Sampling(value) } ?? .grid
    seed = UInt64(try fields["seed"]?.integer(in: 0...Int.max) ?? 0)
    repetitions = try fields["repeat"]?.integer(in: 1...1_000_000) ?? 1
    let count = pointCount
    guard count <= Double(Sampling.limit) else {
      throw vary.error(
        "that is \(Int(count)) points, more than \(Sampling.limit); leave values out, or write sample: {random: 1000}")
    }
  }

  private static func subject(_ fields: DocumentFields) throws(DocumentError) -> Subject {
    let cluster = try fields["cluster"].map { (value) throws(DocumentError) in
      try value.referencedPath("a cluster's path")
    }
    if let record = fields["record"] {
      if let scenario = fields["scenario"] { throw scenario.error("write scenario or record, not both") }
      return .record(path: try record.referencedPath("the path of a script's record"), cluster: cluster)
    }
    if let cluster = fields["cluster"] {
      throw cluster.error("a cluster goes with record; that of a scenario is one of its fields")
    }
    return .scenario(
      path: try fields.required("scenario", example: "llama-on-jetsons.yaml").referencedPath("a scenario's path"))
  }

  /// How many points there are.
  private var pointCount: Double {
    switch sampling {
    case .grid: fields.reduce(Double(repetitions)) { $0 * Double($1.values.count) }
    case .random(let count), .latinHypercube(let count): Double(count) * Double(repetitions)
    }
  }

  /// All points, in order, and what predictions of them state.
  ///
  /// - Throws: what is wrong with the scenario, or the cluster, under the first point's settings, such as a field that
  ///   does not exist.
  public func plan() throws -> (points: [SweepPoint], metrics: [Metric]) {
    let combinations = sampling.combinations(of: fields, seed: seed)
    let (texts, metrics) = try basis(under: overrides(combinations.first ?? []))
    var known: Set<String> = []
    var points: [SweepPoint] = []
    for values in combinations {
      let settings = try overrides(values)
      for repetition in 0..<repetitions {
        let point = SweepPoint(
          number: points.count, settings: settings, seed: seed + UInt64(repetition), texts: texts)
        if known.insert(point.key).inserted { points.append(point) }
      }
    }
    return (points, metrics)
  }

  /// The texts that predictions depend on, and what they state.
  private func basis(under settings: [DocumentOverride]) throws -> (texts: [String], metrics: [Metric]) {
    switch subject {
    case .scenario(let path):
      let scenario = try Scenario(contentsOf: path, overrides: settings)
      return (scenario.documents.map(\.text), scenario.workload.columns)
    case .record(let path, let clusterPath):
      let manifest = try RunManifest(contentsOf: path)
      guard manifest.inputs.scenario == nil else {
        throw RunRecordError(path: path, problem: "is of a scenario; write scenario: and its file instead of record:")
      }
      var texts: [DocumentText] = []
      if let clusterPath {
        _ = try Cluster(contentsOf: clusterPath, overrides: settings, texts: &texts)
      } else {
        _ = try Cluster(recordedIn: manifest.inputs, of: path, settings: settings, texts: &texts)
      }
      return (
        [manifest.events.sha256, (manifest.inputs.settings ?? []).joined(separator: "\n")] + texts.map(\.text),
        [.totalTime, .bytesSent, .messages, .energy]
      )
    }
  }

  private func overrides(_ values: [String]) throws(DocumentError) -> [DocumentOverride] {
    var overrides: [DocumentOverride] = []
    for (field, value) in zip(fields, values) {
      overrides.append(try DocumentOverride(parsing: "\(field.path)=\(value)"))
    }
    return overrides
  }
}

/// One combination of a sweep's values.
public struct SweepPoint: Hashable, Sendable {
  /// Its place in the sweep, from 0.
  public let number: Int
  /// What is set, by `--set`.
  public let settings: [DocumentOverride]
  /// The scenario's seed.
  public let seed: UInt64
  /// What tells it from every other prediction: a digest of the files, the settings, the seed and this
  /// program's version.
  public let key: String

  init(number: Int, settings: [DocumentOverride], seed: UInt64, texts: [String]) {
    self.number = number
    self.settings = settings
    self.seed = seed
    var digest = SHA256()
    let parts = [UniferenceVersion.current] + texts + settings.map { "\($0.written)=\($0.value)" } + ["\(seed)"]
    for part in parts {
      // Each with its length, so that no text can pass for two.
      Array("\(part.utf8.count):\(part)".utf8).withUnsafeBytes { digest.update($0) }
    }
    key = digest.hexadecimalDigest()
  }

  /// The arguments of `uniference` that predict it.
  func arguments(of subject: Sweep.Subject) -> [String] {
    let words =
      switch subject {
      case .scenario(let path): ["simulate", path]
      case .record(let path, let cluster): ["replay", path] + (cluster.map { ["--cluster", $0] } ?? [])
      }
    return words + ["--json", "--no-record", "--seed", "\(seed)"]
      + settings.flatMap { ["--set", "\($0.written)=\($0.value)"] }
  }
}
