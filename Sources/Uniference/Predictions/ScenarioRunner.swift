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
  private let values: ValueOptions?
  private let kernelTimes: KernelTimes
  private let logitsPath: String?

  /// - Parameters:
  ///   - recordPath: where the record of the single strategy goes; `runs/` and a name of its own unless given.
  ///   - tracePath: where the trace of the single strategy goes, if any.
  ///   - values: how tensors get values, for a scenario whose prompts are texts.
  ///   - kernelTimes: where the time of tensor operations comes from.
  ///   - logitsPath: where the single strategy's logits go, if any, as a NumPy file.
  public init(
    scenario: Scenario, recordPath: String?, writesRecords: Bool, tracePath: String?, usesQuietShortcut: Bool,
    values: ValueOptions? = nil, kernelTimes: KernelTimes = .described, logitsPath: String? = nil
  ) {
    self.scenario = scenario
    self.recordPath = recordPath
    self.writesRecords = writesRecords
    self.tracePath = tracePath
    self.usesQuietShortcut = usesQuietShortcut
    self.values = values
    self.kernelTimes = kernelTimes
    self.logitsPath = logitsPath
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
          return try experiment.predict(options: options, takeLogits: takeLogits)
        })
    }
  }

  private var takeLogits: (([[Float]]) throws -> Void)? {
    guard let logitsPath, values != nil else { return nil }
    return { try NumPyFile(rows: $0).write(to: logitsPath) }
  }

  private func experiment(_ strategy: ParallelStrategy) -> LlamaExperiment {
    LlamaExperiment(
      modelName: scenario.modelName, configuration: scenario.model, strategy: strategy, workload: scenario.workload,
      cluster: scenario.cluster, text: values == nil ? nil : scenario.text)
  }

  private func options(for experiment: LlamaExperiment) -> SimulationOptions {
    var options = SimulationOptions()
    options.seed = scenario.seed
    options.tracePath = tracePath
    options.usesQuietShortcut = usesQuietShortcut
    options.values = values
    options.kernelTimes = kernelTimes
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
