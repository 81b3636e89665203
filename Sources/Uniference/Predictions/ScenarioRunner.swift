import Models
import Reports

/// Runs a scenario under one strategy after another, with a progress bar, records, and an orderly end on Ctrl-C.
public struct ScenarioRunner {
  private let scenario: Scenario
  private let settings: RunSettings
  private let logitsPath: String?

  /// - Parameter logitsPath: where the single strategy's logits go, if any, as a NumPy file.
  public init(scenario: Scenario, settings: RunSettings, logitsPath: String? = nil) {
    self.scenario = scenario
    self.settings = settings
    self.logitsPath = logitsPath
  }

  /// - Throws: what keeps a strategy from being tried at all; ``RunFailure`` when the user has interrupted.
  public func run(_ strategies: [ParallelStrategy]) throws -> StrategyComparison {
    let origin = ScenarioOrigin(
      name: scenario.name, seed: scenario.seed, documents: scenario.documents, overrides: scenario.overrides)
    return StrategyComparison(
      try ExperimentRunner(origin: origin, settings: settings, program: "llama").run(strategies.map(experiment)))
  }

  private func experiment(_ strategy: ParallelStrategy) -> GenerationExperiment {
    GenerationExperiment(
      experiment: LlamaExperiment(
        modelName: scenario.modelName, configuration: scenario.model, strategy: strategy, workload: scenario.workload,
        cluster: scenario.cluster, text: settings.values == nil ? nil : scenario.text), takeLogits: takeLogits)
  }

  private var takeLogits: (([[Float]]) throws -> Void)? {
    guard let logitsPath, settings.values != nil else { return nil }
    return { try NumPyFile(rows: $0).write(to: logitsPath) }
  }
}

extension EncoderScenario {
  /// Runs the scenario under one strategy after another, with a progress bar, records, and an orderly end on Ctrl-C.
  ///
  /// - Throws: what keeps a strategy from being tried at all; ``RunFailure`` when the user has interrupted.
  public func run(_ strategies: [ParallelStrategy], settings: RunSettings) throws -> EncoderComparison {
    let origin = ScenarioOrigin(name: name, seed: seed, documents: documents, overrides: overrides)
    let experiments = strategies.map { strategy in
      EncoderExperiment(
        modelName: modelName, task: settings.values == nil ? task.withoutValues : task, strategy: strategy,
        cluster: cluster)
    }
    return EncoderComparison(
      try ExperimentRunner(origin: origin, settings: settings, program: task.programName).run(experiments))
  }
}
