import ArgumentParser
import Foundation
import Ledger
import Plans
import Predictions
import ProgramLibraries
import Results
import SimulationKernel

/// `uniference plan`.
struct PlanCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Find the best plan for a goal under limits: devices, strategy, placement, fields.",
    discussion: """
      Candidates that cannot be better, by bounds that are proven, are left out; the others are simulated on all cores. \
      Exit code 65 means that the input is wrong or that no plan keeps within the limits.
      """)

  @Argument(help: ArgumentHelp("The plan, a YAML file.", valueName: "plan.yaml"))
  var path: String

  @Option(
    help: ArgumentHelp(
      "Write the best plan as a scenario, which simulate runs with the same figures.", valueName: "file"))
  var output: String?

  @OptionGroup var tables: TableOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  func perform() async throws {
    let request = try PlanRequest(contentsOf: path)
    let (outcome, worths) = try find(request)
    let report = PlanReport(outcome, worths, try PublishedFolder.shipped?.residuals())
    guard let best = outcome.best else { throw CommandFailure("\(path): \(report.missText)", CommandFailure.badInput) }
    if let output { try TextFile.write(try best.scenarioText(), to: output) }
    try StandardOutput.print(json ? try jsonText(report) : report.text(tables.format))
  }

  private func find(_ request: PlanRequest) throws -> (PlanOutcome, [MarginalWorth]) {
    let printer = ProgressPrinter(title: "planning")
    defer { printer.finish() }
    return try Interruption.bySignals { interruption in
      let outcome = try PlanSearch(request, interruption: interruption).run { done, left in
        printer.update(
          fraction: Double(done) / Double(max(1, done + left)), detail: "\(done) simulated, at most \(left) to go")
      }
      let worths = try outcome.worths(interruption: interruption) { done, count in
        printer.update(fraction: Double(done) / Double(count), detail: "\(done) of \(count) resources")
      }
      return (outcome, worths)
    }
  }
}
