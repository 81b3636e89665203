import Models
import Results
import Uniference

/// Runs a scenario under one strategy after another, with records.
public struct ScenarioRunner {
  private let scenario: Scenario
  private let settings: RunSettings

  /// A runner; nothing runs yet.
  public init(scenario: Scenario, settings: RunSettings) {
    self.scenario = scenario
    self.settings = settings
  }

  /// - Throws: what keeps a strategy from being tried at all; ``RunFailure`` when the user has interrupted.
  public func run(_ strategies: [ParallelStrategy]) throws -> StrategyComparison {
    let workload = settings.values == nil ? scenario.workload.withoutValues : scenario.workload
    let experiments = strategies.map { strategy in
      var experiment = Experiment(
        modelName: scenario.modelName, workload: workload, strategy: strategy, cluster: scenario.cluster)
      experiment.placement = scenario.placement.map(DevicePlacement.init(ranks:))
      return experiment
    }
    for experiment in experiments { try experiment.validate() }
    var warnings: [(strategy: String, text: String)] = []
    defer {
      if let warning = settings.warning { warnings.first.map { warning(under($0, and: warnings.count - 1)) } }
    }
    let predictions = try experiments.enumerated().map { index, experiment in
      let strategy = experiment.strategy.description
      var options = options(for: experiment)
      options.warning = { warnings.append((strategy, $0)) }
      options.progress = { settings.progress?((Double(index) + $0) / Double(experiments.count), strategy) }
      return try experiment.predict(options: options)
    }
    return StrategyComparison(predictions, of: workload)
  }

  private func under(_ warning: (strategy: String, text: String), and others: Int) -> String {
    let more = others > 0 ? " (and some under \(others) more)" : ""
    return "under \(warning.strategy)\(more), \(warning.text)"
  }

  private func options(for experiment: Experiment) -> SimulationOptions {
    var options = SimulationOptions()
    options.seed = scenario.seed
    options.tracePath = settings.tracePath
    options.usesMemoisedTiming = settings.usesMemoisedTiming
    options.values = settings.values
    options.kernelTimes = settings.kernelTimes
    options.interruption = settings.interruption
    if settings.writesRecords {
      options.recordPath = settings.recordPath ?? defaultRecordPath(experiment)
      options.keepsEarlierRecords = settings.recordPath == nil
    }
    options.inputs = inputs(of: experiment)
    return options
  }

  /// What records keep of the scenario.
  private func inputs(of experiment: Experiment) -> RunInputs {
    let documents = scenario.documents
    let others = documents.dropFirst(scenario.namesClusterFile ? 2 : 1)
    let settings = scenario.overrides.map { "\($0.written)=\($0.value)" }
    return RunInputs(
      cluster: scenario.namesClusterFile ? documents.dropFirst().first?.text : nil, scenario: documents.first?.text,
      program: experiment.workload.programName, model: experiment.modelName,
      arguments: ["--strategy", experiment.strategy.description] + settings.flatMap { ["--set", $0] },
      seed: scenario.seed, settings: settings,
      files: Dictionary(others.map { ($0.path, $0.text) }, uniquingKeysWith: { first, _ in first }),
      command: "simulate", scenarioPath: documents.first?.path)
  }

  /// After the scenario and the strategy. Runs of the same two get numbers.
  private func defaultRecordPath(_ experiment: Experiment) -> String? {
    let strategy = experiment.strategy.description.map { $0 == "," ? "-" : $0 }
    let name = scenario.name.map { $0 == "/" || $0 == " " ? "-" : $0 }
    return RecordFolder.prepare { settings.warning?($0) }.map { "\($0)/\(String(name))-\(String(strategy)).run" }
  }
}
