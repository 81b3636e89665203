import Foundation
import Models
import Reports
import Results
import SimulationKernel

/// Runs a scenario under one strategy after another, with a progress bar, records, and an orderly end on Ctrl-C.
public struct ScenarioRunner {
  private let scenario: Scenario
  private let recordPath: String?
  private let writesRecords: Bool
  private let tracePath: String?
  private let usesQuietShortcut: Bool

  /// - Parameters:
  ///   - recordPath: where the record of the single strategy goes; `runs/` and a name of its own unless given.
  ///   - tracePath: where the trace of the single strategy goes, if any.
  public init(
    scenario: Scenario, recordPath: String?, writesRecords: Bool, tracePath: String?, usesQuietShortcut: Bool
  ) {
    self.scenario = scenario
    self.recordPath = recordPath
    self.writesRecords = writesRecords
    self.tracePath = tracePath
    self.usesQuietShortcut = usesQuietShortcut
  }

  /// - Throws: what keeps a strategy from being tried at all; ``RunFailure`` when the user has interrupted.
  public func run(_ strategies: [ParallelStrategy]) throws -> StrategyComparison {
    let experiments = strategies.map(experiment)
    for experiment in experiments { try experiment.validate() }
    let printer = ProgressPrinter(title: "simulating")
    defer { printer.finish() }
    return try Interruption.byControlC { interruption in
      StrategyComparison(
        try experiments.enumerated().map { index, experiment in
          var options = options(for: experiment)
          options.interruption = interruption
          options.progress = { fraction in
            let total = (Double(index) + fraction) / Double(experiments.count)
            printer.update(fraction: total, detail: experiment.strategy.description)
          }
          return try experiment.predict(options: options)
        })
    }
  }

  private func experiment(_ strategy: ParallelStrategy) -> LlamaExperiment {
    LlamaExperiment(
      modelName: scenario.modelName, configuration: scenario.model, strategy: strategy, workload: scenario.workload,
      cluster: scenario.cluster)
  }

  private func options(for experiment: LlamaExperiment) -> SimulationOptions {
    var options = SimulationOptions()
    options.seed = scenario.seed
    options.tracePath = tracePath
    options.usesQuietShortcut = usesQuietShortcut
    if writesRecords { options.recordPath = recordPath ?? defaultRecordPath(experiment) }
    options.inputs = RunInputs(
      cluster: scenario.documents.dropFirst().first?.text, scenario: scenario.documents.first?.text,
      program: "llama", model: scenario.modelName,
      arguments: ["--strategy", experiment.strategy.description]
        + scenario.overrides.flatMap { ["--set", "\($0.written)=\($0.value)"] },
      seed: scenario.seed)
    return options
  }

  /// The same for the same scenario and strategy, so that repeating a run does not fill the disk.
  private func defaultRecordPath(_ experiment: LlamaExperiment) -> String? {
    let strategy = experiment.strategy.description.map { $0 == "," ? "-" : $0 }
    let name = scenario.name.map { $0 == "/" || $0 == " " ? "-" : $0 }
    return RecordFolder.prepare().map { "\($0)/\(String(name))-\(String(strategy)).run" }
  }
}
