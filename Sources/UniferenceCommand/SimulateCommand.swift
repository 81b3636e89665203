import ArgumentParser
import Foundation
import Models
import ProgramLibraries
import Quantities
import Reports
import Results
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
    switch try readScenario() {
    case .generation(let scenario): try simulate(scenario)
    case .encoding(let scenario): try simulate(scenario)
    }
  }

  private func simulate(_ scenario: Scenario) throws {
    let strategies = scenario.strategiesToTry
    try requireSingle(strategies)
    try scenario.cluster.warnings().forEach(warn)
    if computing.values && scenario.text == nil {
      throw CommandFailure(
        "\(path): values need weights and the text of a prompt; add the fields weights and prompt",
        CommandFailure.badInput)
    }
    let comparison = try ScenarioRunner(scenario: scenario, settings: runSettings(), logitsPath: logits).run(strategies)
    try show(ComparisonOutput(comparison)) { predictionText(comparison, of: scenario, tables.format) }
    if comparison.winner == nil { throw unfit(comparison.predictions.map { ($0.strategy, $0.memory_needed) }) }
  }

  private func simulate(_ scenario: EncoderScenario) throws {
    let strategies = scenario.strategiesToTry
    try requireSingle(strategies)
    try scenario.cluster.warnings().forEach(warn)
    if logits != nil { throw ValidationError("--logits is for models that generate; embeddings are in --json.") }
    if computing.values && !scenario.task.hasInput {
      throw CommandFailure(
        "\(path): values need weights and what is to be encoded; add the fields weights and texts (of a model of two "
          + "towers, inputs)", CommandFailure.badInput)
    }
    let comparison = try scenario.run(strategies, settings: runSettings())
    try show(ComparisonOutput(comparison)) { encoderText(comparison, of: scenario, tables.format) }
    if comparison.winner == nil { throw unfit(comparison.predictions.map { ($0.strategy, $0.memory_needed) }) }
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
    settings.warning = warn
    settings.values = try computing.valueOptions()
    settings.kernelTimes = try computing.kernelTimes()
    return settings
  }

  private func readScenario() throws -> AnyScenario {
    let strategies = try strategy.isEmpty ? nil : strategy.map { try ParallelStrategy(parsing: $0) }
    let overrides = try settings.map { try DocumentOverride(parsing: $0) }
    switch try AnyScenario(contentsOf: path, overrides: overrides, strategies: strategies) {
    case .generation(var scenario):
      if let seed { scenario.seed = seed }
      return .generation(scenario)
    case .encoding(var scenario):
      if let seed { scenario.seed = seed }
      return .encoding(scenario)
    }
  }

  private func show(_ output: some Encodable, text: () -> String) throws {
    try StandardOutput.print(json ? try jsonText(output) : text())
  }

  private func unfit(_ tried: [(strategy: String, needs: [MemoryNeed]?)]) -> CommandFailure {
    let advice = "use more devices, a smaller batch or context, or devices with more memory"
    guard let first = tried.first, let need = first.needs?.first(where: { !$0.fits }) else {
      return CommandFailure("no strategy fits in memory; \(advice)", CommandFailure.badInput)
    }
    return CommandFailure(
      "\(tried.count == 1 ? "" : "no strategy fits in memory; ")\(first.strategy): \(need); \(advice)",
      CommandFailure.badInput)
  }
}

/// What `uniference simulate --json` prints: the winner's fields (the first one's where none fits), and all predictions
/// where several strategies were tried.
struct ComparisonOutput<Prediction: Encodable>: Encodable {
  private let best: Prediction
  private let predictions: [Prediction]?
  private let verdict: String?

  private init(winner: Prediction?, _ predictions: [Prediction], verdict: String) {
    best = winner ?? predictions[0]
    let isSingle = predictions.count == 1
    self.predictions = isSingle ? nil : predictions
    self.verdict = isSingle ? nil : verdict
  }

  func encode(to encoder: any Encoder) throws {
    try best.encode(to: encoder)
    var container = encoder.container(keyedBy: ComparisonKeys.self)
    try container.encodeIfPresent(predictions, forKey: .predictions)
    try container.encodeIfPresent(verdict, forKey: .verdict)
  }
}

private enum ComparisonKeys: String, CodingKey { case predictions, verdict }

extension ComparisonOutput<LlamaPrediction> {
  init(_ comparison: StrategyComparison) {
    self.init(winner: comparison.winner, comparison.predictions, verdict: comparison.verdict)
  }
}

extension ComparisonOutput<EncoderPrediction> {
  init(_ comparison: EncoderComparison) {
    self.init(winner: comparison.winner, comparison.predictions, verdict: comparison.verdict)
  }
}
