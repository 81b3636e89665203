import Foundation
import Reports
import Results
import SimulationKernel

/// How a scenario's experiments are run, apart from what they are.
public struct RunSettings {
  /// Where the record of a single experiment goes; `runs/` and a name of its own unless given.
  public var recordPath: String?
  /// Whether records are written at all.
  public var writesRecords = true
  /// Where the trace of a single experiment goes, if any.
  public var tracePath: String?
  /// Whether collectives that have the network to themselves may be timed at once.
  public var usesMemoisedTiming = true
  /// How tensors get values.
  public var values: ValueOptions?
  /// Where the time of tensor operations comes from.
  public var kernelTimes = KernelTimes.described

  /// Told in a line of links that stood idle beside those that messages took, once for all experiments.
  public var warning: ((String) -> Void)?

  /// Settings for a run of shapes.
  public init() {}
}

/// Where a scenario came from, for records.
struct ScenarioOrigin {
  let name: String
  let seed: UInt64
  let documents: [DocumentText]
  let overrides: [DocumentOverride]

  /// What records keep of it.
  func inputs(program: String, model: String, strategy: String) -> RunInputs {
    let cluster = clusterDocument
    let others = documents.dropFirst(cluster == nil ? 1 : 2)
    let settings = overrides.map { "\($0.written)=\($0.value)" }
    return RunInputs(
      cluster: cluster?.text, scenario: documents.first?.text, program: program, model: model,
      arguments: ["--strategy", strategy] + settings.flatMap { ["--set", $0] }, seed: seed, settings: settings,
      files: Dictionary(others.map { ($0.path, $0.text) }, uniquingKeysWith: { first, _ in first }))
  }

  /// The cluster's own file, where the scenario names one: the first that is read after the scenario.
  private var clusterDocument: DocumentText? {
    guard let scenario = documents.first, var value = try? DocumentValue(yaml: scenario.text, file: scenario.path),
      (try? Scenario.apply(overrides, to: &value)) != nil, case .mapping(let entries) = value.content,
      case .scalar? = entries.first(where: { $0.name == "cluster" })?.value.content
    else { return nil }
    return documents.dropFirst().first
  }
}

/// Runs experiments one after another, with a progress bar, records, and an orderly end on Ctrl-C and its like.
struct ExperimentRunner {
  let origin: ScenarioOrigin
  let settings: RunSettings
  /// What records call the program.
  let program: String

  /// - Throws: what keeps an experiment from being tried at all; ``RunFailure`` when the user has interrupted.
  func run<Tried: Experiment>(_ experiments: [Tried]) throws -> [Tried.Prediction] {
    for experiment in experiments { try experiment.validate() }
    let printer = ProgressPrinter(title: "simulating")
    var warnings: [(strategy: String, text: String)] = []
    defer {
      printer.finish()
      if let warning = settings.warning { warnings.first.map { warning(under($0, and: warnings.count - 1)) } }
    }
    return try Interruption.bySignals { interruption in
      try experiments.enumerated().map { index, experiment in
        var options = options(for: experiment)
        options.interruption = interruption
        options.warning = { warnings.append((experiment.strategy.description, $0)) }
        options.progress = { fraction in
          let total = (Double(index) + fraction) / Double(experiments.count)
          printer.update(fraction: total, detail: experiment.strategy.description)
        }
        return try experiment.predict(options: options)
      }
    }
  }

  private func under(_ warning: (strategy: String, text: String), and others: Int) -> String {
    let more = others > 0 ? " (and some under \(others) more)" : ""
    return "under \(warning.strategy)\(more), \(warning.text)"
  }

  private func options(for experiment: some Experiment) -> SimulationOptions {
    var options = SimulationOptions()
    options.seed = origin.seed
    options.tracePath = settings.tracePath
    options.usesMemoisedTiming = settings.usesMemoisedTiming
    options.values = settings.values
    options.kernelTimes = settings.kernelTimes
    if settings.writesRecords {
      options.recordPath = settings.recordPath ?? defaultRecordPath(experiment)
      options.keepsEarlierRecords = settings.recordPath == nil
    }
    options.inputs = origin.inputs(
      program: program, model: experiment.modelName, strategy: experiment.strategy.description)
    return options
  }

  /// After the scenario and the strategy. Runs of the same two get numbers.
  private func defaultRecordPath(_ experiment: some Experiment) -> String? {
    let strategy = experiment.strategy.description.map { $0 == "," ? "-" : $0 }
    let name = origin.name.map { $0 == "/" || $0 == " " ? "-" : $0 }
    return RecordFolder.prepare().map { "\($0)/\(String(name))-\(String(strategy)).run" }
  }
}
