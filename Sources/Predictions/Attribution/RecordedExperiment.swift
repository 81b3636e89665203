import Documents
import Models
import Results
import SimulationKernel
import Uniference

/// A scenario's run, made again from what its record holds: the texts of its files, the strategy, what was set, the seed.
struct RecordedExperiment {
  /// With the strategy and on the devices of the run.
  private(set) var experiment: Experiment
  let options: SimulationOptions
  /// What it predicts. Its total time is the record's.
  let prediction: Prediction

  /// - Parameter progress: called once the run has been made.
  /// - Throws: ``RunAgainError`` why the run cannot be made again; what ends the run.
  init(_ record: RunRecord, interruption: Interruption) throws {
    let manifest = record.manifest
    let inputs = manifest.inputs
    guard let text = inputs.scenario else {
      throw RunAgainError("it is no scenario's run; programs and scripts are not run again")
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
    } catch {
      throw RunAgainError("\(error)")
    }
    var options = SimulationOptions()
    options.seed = inputs.seed
    options.usesMemoisedTiming = true
    options.interruption = interruption
    var placed = options
    experiment.placement = try experiment.chosenPlacement(&placed).placement
    experiment.speeds = experiment.relativeSpeeds
    self.options = options
    prediction = try experiment.predict(options: options)
    guard
      prediction.event_log_sha256 == manifest.results.text("event_log_sha256")
        || prediction[.totalTime] == manifest.results.number("total_s")
    else {
      throw RunAgainError(
        "made again it takes another time: this is another version of Uniference, or files that it names have changed")
    }
  }

  /// The devices that had a part in it.
  var ranks: [Int] { experiment.placement?.ranks ?? [] }

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

/// Why a recorded run cannot be made again.
struct RunAgainError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
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
