import ArgumentParser
import Foundation
import Inputs
import PyTorchBridge
import Reports
import Results
import Uniference
import Validation

/// `uniference validate suite`, which `uniference validate` with a suite's file means.
struct ValidateSuiteCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "suite",
    abstract: "Run scripts for real on a testbed and in simulation, and show how well the predictions hold.",
    discussion: """
      Needs root, since the testbed is made of network namespaces; see `uniference testbed --help`. All that is needed is \
      looked for before anything is run. What has been measured is kept in a file after every repetition; when something \
      fails or ends the command, the report of it is printed, and --resume goes on.
      """)

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

  @Flag(
    help: """
      Measure this machine first, one testbed for each number of hosts, and predict by transports that are fitted to it. \
      Calibrations are kept for later calls.
      """)
  var calibrate = false

  @Flag(help: "Go on with what an earlier call, which did not come to its end, has measured.")
  var resume = false

  @Option(help: ArgumentHelp("Fail when the mean accuracy is below this many percent.", valueName: "percent"))
  var atLeast: Double?

  @OptionGroup var tables: TableOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    guard from != nil else { return }
    if resume { throw ValidationError("--from runs nothing, so there is nothing to --resume.") }
    if calibrate { throw ValidationError("--from runs nothing, so there is nothing to --calibrate.") }
  }

  func perform() async throws {
    if let from { return try show(earlierReport(from)) }
    let suite = try ValidationSuite(contentsOf: path)
    suite.hints.forEach(warn)
    let environment = try PythonEnvironment()
    let executable = try TestbedFactory.executable()
    var runner = ValidationRunner(
      suite: suite, executable: executable, python: environment.interpreter,
      packageFolder: environment.packageFolder)
    let runs = try runner.runs(of: family)
    var journal = try ValidationJournal(path: journalPath, resumes: resume)
    let remarks = try ValidationPreflight(
      suite: path, runner: runner, runs: runs, python: environment, executable: executable,
      outputs: [report, journal.path].compactMap(\.self)
    ).check()
    if calibrate {
      runner.calibrated = try calibrated(runs, by: runner, executable: executable, python: environment)
    } else {
      remarks.forEach(warn)
    }
    let failure = measure(runs, by: runner, &journal)
    let points = try runner.points(of: runs, in: journal)
    if !points.isEmpty { try show(ValidationReport(points, machine: MachineDescription.current)) }
    guard let failure else { return journal.remove() }
    if points.isEmpty { throw failure }
    let measured = "\(runner.measuredCount(of: runs, in: journal)) of \(runs.count) runs have been measured"
    throw CommandFailure(
      "\(failure); \(measured), and are kept in \(journal.path): go on by the same command with --resume",
      CommandFailure.badInput)
  }

  private func calibrated(
    _ runs: [ValidationRun], by runner: ValidationRunner, executable: String, python: PythonEnvironment
  ) throws -> [Int: CalibratedTransport] {
    let calibration = try SuiteCalibration(executable: executable, python: python)
    let testbeds = SuiteCalibration.testbeds(of: runs, isRealTime: runner.isRealTime)
    return try calibration.transports(for: testbeds) { index, testbed in
      StandardError.say(
        "calibrating: \(testbed.hosts) hosts, \(testbed.rate) (\(index + 1) of \(testbeds.count)), some minutes")
    }
  }

  /// Beside the report, or here.
  private var journalPath: String {
    let base = report.map { $0.hasSuffix(".md") ? String($0.dropLast(3)) : $0 }
    return (base ?? URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent) + ".partial.json"
  }

  /// - Returns: what has ended it early.
  private func measure(_ runs: [ValidationRun], by runner: ValidationRunner, _ journal: inout ValidationJournal)
    -> ValidationFailure?
  {
    let progress = LongProgress(title: "validating")
    defer { progress.finish() }
    do throws(ValidationFailure) {
      try runner.run(runs, journal: &journal) { step in
        progress.update(
          share: step.share, secondsLeft: step.secondsLeft,
          detail: "run \(step.run + 1) of \(step.runCount), \(step.description)")
      }
      return nil
    } catch {
      return error
    }
  }

  private func show(_ result: ValidationReport) throws {
    if let report { try write(result, to: report) }
    try StandardOutput.print(json ? try jsonText(result) : result.text(tables.format))
    if let atLeast, 100 * result.overall.mean < atLeast {
      throw CommandFailure(
        "the mean accuracy is \(100 * result.overall.mean)%, less than the \(atLeast)% that were asked for",
        CommandFailure.badInput)
    }
  }

  private func earlierReport(_ path: String) throws -> ValidationReport {
    struct EarlierReport: Decodable {
      let points: [ValidationPoint]
      let machine: String?
    }
    do {
      let report = try JSONDecoder().decode(
        EarlierReport.self, from: try InputFile.contents(of: path, atMost: 64 << 20))
      let points = report.points.filter { family == nil || $0.family == family }
      if !points.isEmpty { return ValidationReport(points, machine: report.machine) }
    } catch {}
    throw CommandFailure(
      "\(path) holds no points; give the .json that `uniference validate --report` has written", CommandFailure.badInput
    )
  }

  private func write(_ result: ValidationReport, to path: String) throws {
    let base = path.hasSuffix(".md") ? String(path.dropLast(3)) : path
    let plotName = PathName(base).name + ".svg"
    let page = result.markdown(command: "uniference validate \(self.path) --report \(path)", plot: plotName)
    for (file, text) in [
      (path, page), (base + ".svg", AccuracyPlot(result.points).svg), (base + ".json", try jsonText(result) + "\n"),
    ] {
      try TextFile.write(text, to: file)
    }
  }
}
