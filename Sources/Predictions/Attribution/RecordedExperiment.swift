import Documents
import Models
import Results
import SimulationKernel
import Uniference

/// A scenario's run, made again from what its record holds: the texts of its files, the strategy, what was set, the seed.
struct RecordedExperiment: RepeatableRun {
  /// With the strategy and on the devices of the run.
  private(set) var experiment: Experiment
  let times: [ResourceAttribution.Time]
  private let seed: UInt64
  private let interruption: Interruption
  private let metrics: [Metric]

  /// How many times of a workload are told.
  private static let timeLimit = 5

  /// - Throws: ``RunAgainError`` why the run cannot be made again; what ends the run.
  init(_ record: RunRecord, interruption: Interruption) throws {
    let manifest = record.manifest
    let inputs = manifest.inputs
    guard let text = inputs.scenario else {
      throw RunAgainError("it is no scenario's run")
    }
    guard manifest.status == .complete else { throw RunAgainError("it did not come to its end") }
    guard inputs.compute.map({ $0.source == ComputeBasis.Source.roofline.rawValue }) ?? true else {
      throw RunAgainError("its compute times were measured")
    }
    guard let path = inputs.scenarioPath, let strategyText = inputs.strategy else {
      throw RunAgainError("its record is of an earlier version and does not hold enough")
    }
    do {
      let settings = try (inputs.settings ?? []).map { try DocumentOverride(parsing: $0) }
      let strategy = try ParallelStrategy(parsing: strategyText)
      let texts = try Self.texts(of: inputs, scenario: text, path: path)
      let scenario = try DocumentText.$kept.withValue(texts) {
        try Scenario(contentsOf: path, overrides: settings, strategies: [strategy])
      }
      experiment = Experiment(
        modelName: scenario.modelName, workload: scenario.workload.withoutValues, strategy: strategy,
        cluster: scenario.cluster)
      experiment.placement = scenario.placement.map(DevicePlacement.init(ranks:))
    } catch {
      throw RunAgainError("\(error)")
    }
    (seed, self.interruption) = (inputs.seed, interruption)
    var placed = Self.options(seed: seed, interruption)
    experiment.placement = try experiment.chosenPlacement(&placed).placement
    experiment.speeds = experiment.relativeSpeeds
    let prediction = try experiment.predict(options: Self.options(seed: seed, interruption))
    metrics = Array(
      experiment.workload.timeMetrics.filter { ($0.time(in: prediction) ?? 0) > 0 }.prefix(Self.timeLimit))
    times = metrics.map { ResourceAttribution.Time(name: $0.timeName, s: $0.time(in: prediction) ?? 0) }
    guard
      prediction.event_log_sha256 == manifest.results.text("event_log_sha256")
        || prediction[.totalTime] == manifest.results.number("total_s")
    else {
      throw RunAgainError(
        "made again it takes another time: this is another version of Uniference, or files that it names have changed")
    }
  }

  var cluster: Cluster { experiment.cluster }
  var ranks: [Int] { experiment.placement?.ranks ?? [] }

  func times(on cluster: Cluster) throws -> [Double] {
    var experiment = experiment
    experiment.cluster = cluster
    let prediction = try experiment.predict(options: options)
    return metrics.map { $0.time(in: prediction) ?? 0 }
  }

  /// Those of the run, without what it left behind.
  var options: SimulationOptions { Self.options(seed: seed, interruption) }

  private static func options(seed: UInt64, _ interruption: Interruption) -> SimulationOptions {
    var options = SimulationOptions()
    options.seed = seed
    options.usesMemoisedTiming = true
    options.interruption = interruption
    return options
  }

  /// The text of each file by its path.
  private static func texts(of inputs: RunInputs, scenario: String, path: String) throws -> [String: String] {
    var texts = inputs.files ?? [:]
    texts[path] = scenario
    let document = try DocumentValue(yaml: scenario, file: path)
    if let text = inputs.cluster, case .mapping(let entries) = document.content,
      let cluster = entries.first(where: { $0.name == "cluster" })?.value
    {
      texts[try cluster.referencedPath()] = text
    }
    return texts
  }
}

extension Workload {
  /// Times, or rates whose inverse is a time, the most important first.
  fileprivate var timeMetrics: [Metric] {
    var known: [Metric] = []
    for metric in ranking + columns + [.totalTime] where metrics.contains(metric) && !known.contains(metric) {
      if metric.unit == .seconds || [.tokensPerSecond, .embeddingsPerSecond].contains(metric) { known.append(metric) }
    }
    return known
  }
}

extension Metric {
  /// `tokens_per_second` is `time per token` here.
  fileprivate var timeName: String {
    guard unit == .perSecond else { return heading }
    let things = name.replacing("_per_second", with: "").replacing("_", with: " ")
    return "time per \(things.hasSuffix("s") ? String(things.dropLast()) : things)"
  }

  /// In seconds; the inverse of a rate.
  fileprivate func time(in prediction: Prediction) -> Double? {
    prediction[self].map { unit == .perSecond ? ($0 > 0 ? 1 / $0 : 0) : $0 }
  }
}

/// Why a recorded run cannot be made again.
public struct RunAgainError: Error, CustomStringConvertible, Sendable {
  /// The end of a sentence that begins with "The run cannot be made again:".
  public let description: String

  /// See the property.
  public init(_ description: String) { self.description = description }
}

extension JSONValue {
  /// The text under a key of an object.
  fileprivate func text(_ key: String) -> String? { if case .string(let text)? = self[key] { text } else { nil } }

  /// The number under a key of an object.
  fileprivate func number(_ key: String) -> Double? {
    switch self[key] {
    case .number(let number): number
    case .integer(let integer): Double(integer)
    default: nil
    }
  }
}
