import ArgumentParser
import Foundation
import PyTorchBridge
import Reports
import Results
import Uniference
import Validation

/// `uniference validate`.
struct ValidateCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Run scripts for real on a testbed and in simulation, and show how well the predictions hold.",
    discussion: "Needs root, since the testbed is made of network namespaces; see `uniference testbed --help`.")

  @Argument(help: ArgumentHelp("The suite, a YAML file.", valueName: "validation.yaml"))
  var path: String

  @Option(help: ArgumentHelp("Run the points of this family alone.", valueName: "name"))
  var family: String?

  @Option(
    help: ArgumentHelp(
      "Also write the report as Markdown here, with its plot (.svg) and its points (.json) beside it.",
      valueName: "report.md"))
  var report: String?

  @Option(
    help: ArgumentHelp("Run nothing: report on the points of an earlier report's .json.", valueName: "report.json"))
  var from: String?

  @Option(help: ArgumentHelp("Fail when the mean accuracy is below this many percent.", valueName: "percent"))
  var atLeast: Double?

  @Flag(help: "Print one JSON object.")
  var json = false

  func perform() async throws {
    let result = ValidationReport(try from.map(earlierPoints) ?? run())
    if let report { try write(result, to: report) }
    try StandardOutput.print(json ? try jsonText(result) : result.text())
    if let atLeast, 100 * result.overall.mean < atLeast {
      throw CommandFailure(
        "the mean accuracy is \(100 * result.overall.mean)%, less than the \(atLeast)% that were asked for",
        CommandFailure.badInput)
    }
  }

  private func run() throws -> [ValidationPoint] {
    let suite = try ValidationSuite(contentsOf: path)
    guard let executable = Bundle.main.executablePath else {
      throw CommandFailure("cannot tell where this program is, which runs itself", CommandFailure.internalError)
    }
    let environment = try PythonEnvironment()
    let runner = ValidationRunner(
      suite: suite, executable: executable, python: environment.interpreter,
      packageFolder: environment.packageFolder)
    let printer = ProgressPrinter(title: "validating")
    defer { printer.finish() }
    return try runner.run(family: family) { printer.update(fraction: $0, detail: $1) }
  }

  private func earlierPoints(_ path: String) throws -> [ValidationPoint] {
    struct EarlierReport: Decodable { let points: [ValidationPoint] }
    do {
      let points = try JSONDecoder().decode(
        EarlierReport.self, from: try Data(contentsOf: URL(fileURLWithPath: path))
      ).points
      if !points.isEmpty { return points.filter { family == nil || $0.family == family } }
    } catch {}
    throw CommandFailure(
      "\(path) holds no points; give the .json that `uniference validate --report` has written", CommandFailure.badInput
    )
  }

  private func write(_ result: ValidationReport, to path: String) throws {
    let base = path.hasSuffix(".md") ? String(path.dropLast(3)) : path
    let plotName = (base as NSString).lastPathComponent + ".svg"
    let machine = "Run on \(MachineDescription.current)."
    let page = result.markdown(
      machine: machine, command: "uniference validate \(self.path) --report \(path)", plot: plotName)
    for (file, text) in [
      (path, page), (base + ".svg", AccuracyPlot(result.points).svg), (base + ".json", try jsonText(result) + "\n"),
    ] {
      do {
        try Data(text.utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
      } catch { throw FileError(error, operation: "write", path: file) }
    }
  }
}
