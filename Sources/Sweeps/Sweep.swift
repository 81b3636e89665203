import Documents
import Foundation
import Inputs
import Predictions
import Results
import Uniference

/// A scenario, and fields of it that take many values.
///
/// Each combination of values is a ``SweepPoint``, which `uniference simulate` predicts.
public struct Sweep: Sendable {
  /// The scenario's file.
  public let scenarioPath: String
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
      value, of: "a sweep's fields", allowed: ["scenario", "vary", "sample", "seed", "repeat"])
    scenarioPath = try fields.required("scenario", example: "llama-on-jetsons.yaml").referencedPath("a scenario's path")
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

  /// How many points there are.
  private var pointCount: Double {
    switch sampling {
    case .grid: fields.reduce(Double(repetitions)) { $0 * Double($1.values.count) }
    case .random(let count), .latinHypercube(let count): Double(count) * Double(repetitions)
    }
  }

  /// All points, in order, and what predictions of them state.
  ///
  /// - Throws: what is wrong with the scenario under the first point's settings, such as a field that does not exist.
  public func plan() throws -> (points: [SweepPoint], metrics: [Metric]) {
    let combinations = sampling.combinations(of: fields, seed: seed)
    let scenario = try Scenario(contentsOf: scenarioPath, overrides: overrides(combinations.first ?? []))
    let texts = scenario.documents.map(\.text)
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
    return (points, scenario.workload.columns)
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
  func arguments(scenario: String) -> [String] {
    ["simulate", scenario, "--json", "--no-record", "--seed", "\(seed)"]
      + settings.flatMap { ["--set", "\($0.written)=\($0.value)"] }
  }
}
