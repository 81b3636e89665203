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

  @Option(
    help: ArgumentHelp("Where the run record goes; runs/ and a name of its own unless given.", valueName: "name.run"))
  var record: String?

  @Flag(help: "Write no run record.")
  var noRecord = false

  @Option(help: ArgumentHelp("Write a trace for ui.perfetto.dev; needs a single strategy.", valueName: "file"))
  var trace: String?

  @OptionGroup var computing: ComputingOptions

  @Option(
    help: ArgumentHelp(
      "With --values and a single strategy, write the logits that the first sequence's tokens were chosen by, for numpy.load.",
      valueName: "name.npy"))
  var logits: String?

  @Flag(help: "Play every message, also of collectives that have the network to themselves. The times are the same.")
  var everyMessage = false

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    if record != nil && noRecord { throw ValidationError("--record and --no-record exclude each other.") }
    if logits != nil && !computing.values { throw ValidationError("--logits needs values; add --values.") }
  }

  func perform() async throws {
    let scenario = try readScenario()
    let strategies = scenario.strategiesToTry
    if strategies.count > 1 && (trace != nil || record != nil || logits != nil) {
      throw ValidationError(
        "--trace, --record and --logits are of one run, but \(strategies.count) strategies are to be tried; choose one by --strategy."
      )
    }
    if computing.values && scenario.text == nil {
      throw CommandFailure(
        "\(path): values need weights and the text of a prompt; add the fields weights and prompt",
        CommandFailure.badInput)
    }
    let runner = ScenarioRunner(
      scenario: scenario, recordPath: record, writesRecords: !noRecord, tracePath: trace,
      usesQuietShortcut: !everyMessage, values: try computing.valueOptions(),
      kernelTimes: try computing.kernelTimes(), logitsPath: logits)
    let comparison = try runner.run(strategies)
    try show(comparison, of: scenario)
    if comparison.winner == nil { throw unfit(comparison) }
  }

  private func readScenario() throws -> Scenario {
    var scenario = try Scenario(contentsOf: path, overrides: settings.map { try DocumentOverride(parsing: $0) })
    if !strategy.isEmpty { scenario.strategies = .listed(try strategy.map { try ParallelStrategy(parsing: $0) }) }
    if let seed { scenario.seed = seed }
    return scenario
  }

  private func show(_ comparison: StrategyComparison, of scenario: Scenario) throws {
    if json {
      print(try jsonText(ComparisonOutput(comparison)))
    } else {
      print(predictionText(comparison, of: scenario))
    }
  }

  private func unfit(_ comparison: StrategyComparison) -> CommandFailure {
    let reasons = comparison.predictions.map { "\($0.strategy): \($0.reason ?? "does not fit")" }
    return CommandFailure(
      reasons.count == 1 ? reasons[0] : "no strategy fits in memory; \(reasons[0])", CommandFailure.badInput)
  }
}

/// What `uniference simulate --json` prints: the winner's fields (the first one's where none fits), and all predictions
/// where several strategies were tried.
struct ComparisonOutput: Encodable {
  private let best: LlamaPrediction
  private let predictions: [LlamaPrediction]?
  private let verdict: String?

  private enum CodingKeys: String, CodingKey { case predictions, verdict }

  init(_ comparison: StrategyComparison) {
    best = comparison.winner ?? comparison.predictions[0]
    let isSingle = comparison.predictions.count == 1
    predictions = isSingle ? nil : comparison.predictions
    verdict = isSingle ? nil : comparison.verdict
  }

  func encode(to encoder: any Encoder) throws {
    try best.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(predictions, forKey: .predictions)
    try container.encodeIfPresent(verdict, forKey: .verdict)
  }
}
