import ArgumentParser
import Documents
import Foundation
import Ledger
import Models
import Predictions
import ProgramLibraries
import Quantities
import Reports
import Results
import SimulationKernel
import Uniference

/// `uniference simulate`.
struct SimulateCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Predict a scenario: a model on a cluster under one strategy or several.",
    discussion: """
      Exit code 65 means that the input is wrong or that nothing fits in memory; 130 that the run was interrupted, \
      in which case a valid record of what had happened until then is left.
      """)

  @Argument(help: ArgumentHelp("The scenario, a YAML file.", valueName: "scenario.yaml"))
  var path: String

  @Option(
    help: ArgumentHelp(
      "Try this strategy instead of the scenario's, such as tensor=4 or tensor=2,pipeline=2; may be repeated.",
      valueName: "strategy"))
  var strategy: [String] = []

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Set a field of the scenario or its cluster, such as network.link.bandwidth=\"100 Mbps\"; may be repeated.",
      valueName: "field=value"))
  var settings: [String] = []

  @Option(help: "The source of all random numbers, instead of the scenario's.")
  var seed: UInt64?

  @OptionGroup var files: RecordOptions

  @OptionGroup var computing: ComputingOptions

  @Option(
    help: ArgumentHelp(
      "With --values and a single strategy, write the logits that the first sequence's tokens were chosen by, for numpy.load.",
      valueName: "name.npy"))
  var logits: String?

  @Flag(help: "Play every message, also of collectives that have the network to themselves. The times are the same.")
  var everyMessage = false

  @OptionGroup var tables: TableOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    if logits != nil && !computing.values { throw ValidationError("--logits needs values; add --values.") }
  }

  func perform() async throws {
    var scenario = try readScenario()
    let strategies = scenario.strategiesToTry
    try requireSingle(strategies)
    try scenario.cluster.warnings().forEach(warn)
    if logits != nil {
      guard var generation = scenario.workload as? TextGeneration else {
        throw ValidationError("--logits is for models that generate; embeddings are in --json.")
      }
      generation.keepsLogits = true
      scenario.workload = generation
    }
    if computing.values, let missing = scenario.workload.missingForValues {
      throw CommandFailure("\(path): values need \(missing)", CommandFailure.badInput)
    }
    let comparison = try run(scenario, strategies)
    try writeLogits(comparison)
    let residuals = try PublishedFolder.shipped?.residuals()
    let intervals = comparison.predictions.map {
      ExpectedIntervals($0, of: scenario.workload, on: scenario.cluster, residuals)
    }
    try StandardOutput.print(
      json
        ? try jsonText(ComparisonOutput(comparison, intervals))
        : predictionText(comparison, intervals, of: scenario, tables.format))
    if comparison.winner == nil { throw unfit(comparison.predictions) }
  }

  /// Runs the scenario with a progress bar, and an orderly end on Ctrl-C and its like.
  private func run(_ scenario: Scenario, _ strategies: [ParallelStrategy]) throws -> StrategyComparison {
    var settings = try runSettings()
    var warnings: [String] = []
    let printer = ProgressPrinter(title: "simulating")
    settings.progress = { printer.update(fraction: $0, detail: $1) }
    settings.warning = { warnings.append($0) }
    defer {
      printer.finish()
      warnings.forEach(warn)
    }
    return try Interruption.bySignals { interruption in
      settings.interruption = interruption
      return try ScenarioRunner(scenario: scenario, settings: settings).run(strategies)
    }
  }

  private func writeLogits(_ comparison: StrategyComparison) throws {
    guard let logits, let prediction = comparison.predictions.first, prediction.fits else { return }
    try NumPyFile(rows: (prediction.output as? GeneratedText)?.logits ?? []).write(to: logits)
  }

  private func requireSingle(_ strategies: [ParallelStrategy]) throws {
    if strategies.count > 1 && (files.trace != nil || files.record != nil || logits != nil) {
      throw ValidationError(
        "--trace, --record and --logits are of one run, but \(strategies.count) strategies are to be tried; choose one by --strategy."
      )
    }
  }

  private func runSettings() throws -> RunSettings {
    var settings = RunSettings()
    settings.recordPath = files.record
    settings.writesRecords = !files.noRecord
    settings.tracePath = files.trace
    settings.usesMemoisedTiming = !everyMessage
    settings.values = try computing.valueOptions()
    settings.kernelTimes = try computing.kernelTimes()
    return settings
  }

  private func readScenario() throws -> Scenario {
    let strategies = try strategy.isEmpty ? nil : strategy.map { try ParallelStrategy(parsing: $0) }
    let overrides = try settings.map { try DocumentOverride(parsing: $0) }
    var scenario = try Scenario(contentsOf: path, overrides: overrides, strategies: strategies)
    if let seed { scenario.seed = seed }
    return scenario
  }

  private func unfit(_ tried: [Prediction]) -> CommandFailure {
    let advice = "use more devices, a smaller batch or context, or devices with more memory"
    if let first = tried.first, first.memory_needed == nil, let reason = first.reason {
      return CommandFailure(
        "\(tried.count == 1 ? "" : "no strategy fits in memory; ")\(first.strategy): \(reason)", CommandFailure.badInput
      )
    }
    guard let first = tried.first, let need = first.memory_needed?.first(where: { !$0.fits }) else {
      return CommandFailure("no strategy fits in memory; \(advice)", CommandFailure.badInput)
    }
    return CommandFailure(
      "\(tried.count == 1 ? "" : "no strategy fits in memory; ")\(first.strategy): \(need); \(advice)",
      CommandFailure.badInput)
  }
}

/// What `uniference simulate --json` prints: the winner's fields (the first one's where none fits), and all predictions
/// where several strategies were tried.
struct ComparisonOutput: Encodable {
  private let best: PredictionOutput
  private let predictions: [PredictionOutput]?
  private let verdict: String?

  /// - Parameter intervals: one element for each prediction.
  init(_ comparison: StrategyComparison, _ intervals: [ExpectedIntervals]) {
    let outputs = zip(comparison.predictions, intervals).map(PredictionOutput.init)
    let winner = comparison.winner?.strategy
    best = outputs.first { $0.prediction.strategy == winner } ?? outputs[0]
    let isSingle = outputs.count == 1
    predictions = isSingle ? nil : outputs
    verdict = isSingle ? nil : comparison.verdict
  }

  private enum CodingKeys: String, CodingKey { case predictions, verdict }

  func encode(to encoder: any Encoder) throws {
    try best.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(predictions, forKey: .predictions)
    try container.encodeIfPresent(verdict, forKey: .verdict)
  }
}

/// A prediction with its intervals, as one flat object.
struct PredictionOutput: Encodable {
  let prediction: Prediction
  let intervals: ExpectedIntervals

  func encode(to encoder: any Encoder) throws {
    try prediction.encode(to: encoder)
    try intervals.encode(to: encoder)
  }
}
