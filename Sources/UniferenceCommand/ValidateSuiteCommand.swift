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
    help: ArgumentHelp("Run nothing: report on the points of an earlier report's .json.", valueName: "report.json"))
  var from: String?

  @Flag(
    help: """
      Measure this machine first, one testbed for each number of hosts, and predict by transports that are fitted to it. \
      Calibrations are kept for later calls.
      """)
  var calibrate = false

  @Option(
    help: ArgumentHelp(
      """
      Measure nothing for real: hold predictions against what an earlier report says was measured, maybe on another \
      machine. The compute time of scripts is this machine's.
      """, valueName: "report.json"))
  var measured: String?

  @Option(
    help: ArgumentHelp(
      """
      Predict by what uniference calibrate has fitted, for testbeds of as many hosts as this cluster file has devices. \
      May be repeated.
      """, valueName: "cluster.yaml"))
  var calibration: [String] = []

  @Flag(help: "Go on with what an earlier call, which did not come to its end, has measured.")
  var resume = false

  @OptionGroup var output: AccuracyReportOptions

  func validate() throws {
    if calibrate, !calibration.isEmpty {
      throw ValidationError("--calibrate fits transports, so --calibration can name none.")
    }
    if measured != nil {
      if from != nil { throw ValidationError("--from runs nothing, so there is nothing to hold --measured against.") }
      if resume { throw ValidationError("--measured measures nothing, so there is nothing to --resume.") }
    }
    guard from != nil else { return }
    if resume { throw ValidationError("--from runs nothing, so there is nothing to --resume.") }
    if calibrate { throw ValidationError("--from runs nothing, so there is nothing to --calibrate.") }
  }

  func perform() async throws {
    if let from {
      let earlier = try EarlierReport<ValidationPoint>(contentsOf: from)
      let points = earlier.points.filter { family == nil || $0.family == family }
      guard !points.isEmpty else {
        throw CommandFailure("\(from) holds no points of the family '\(family ?? "")'", CommandFailure.badInput)
      }
      return try show(ValidationReport(points, machine: earlier.machine))
    }
    let suite = try ValidationSuite(contentsOf: path)
    suite.hints.forEach(warn)
    let environment = try PythonEnvironment()
    let executable = try TestbedFactory.executable()
    var runner = ValidationRunner(
      suite: suite, executable: executable, python: environment.interpreter,
      packageFolder: environment.packageFolder)
    for path in calibration {
      let (hosts, transport) = try CalibratedTransport.read(fromClusterFile: path)
      runner.calibrated[hosts] = transport
    }
    let runs = try runner.runs(of: family)
    if let measured { return try show(predicted(runs, by: runner, against: measured)) }
    var journal = try ValidationJournal(path: journalPath, resumes: resume)
    let remarks = try ValidationPreflight(
      suite: path, runner: runner, runs: runs, python: environment, executable: executable,
      outputs: [output.report, journal.path].compactMap(\.self)
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

  /// What is predicted, beside what an earlier report says was measured.
  private func predicted(
    _ runs: [ValidationRun], by runner: ValidationRunner, against path: String
  ) throws -> ValidationReport {
    let earlier = try EarlierReport<EarlierPoint>(contentsOf: path)
    let progress = LongProgress(title: "predicting")
    defer { progress.finish() }
    let points = try runner.predict(runs, against: earlier.points) { step in
      progress.update(
        share: step.share, secondsLeft: nil, detail: "run \(step.run + 1) of \(step.runCount), \(step.description)")
    }
    guard !points.isEmpty else {
      throw CommandFailure("\(path) holds no point of these runs", CommandFailure.badInput)
    }
    return ValidationReport(points, machine: try earlier.machine ?? calibratedMachine)
  }

  /// The machine that the first calibration was measured on.
  private var calibratedMachine: String? {
    get throws { try calibration.first.flatMap { try Cluster(contentsOf: $0).network.transportMachine } }
  }

  /// Beside the report, or here.
  private var journalPath: String {
    let base = output.report.map { $0.hasSuffix(".md") ? String($0.dropLast(3)) : $0 }
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
    try output.write(plot: AccuracyPlot(result.points).svg, points: jsonText(result)) { path, plot in
      result.markdown(command: commandLine(report: path), plot: plot)
    }
    try StandardOutput.print(output.json ? try jsonText(result) : result.text(output.tables.format))
    try output.check(mean: result.overall.mean)
  }

  /// What writes the report again.
  private func commandLine(report path: String) -> String {
    var words = ["uniference", "validate", self.path]
    if let family { words += ["--family", family] }
    if let measured { words += ["--measured", measured] }
    for path in calibration { words += ["--calibration", path] }
    if calibrate { words.append("--calibrate") }
    return (words + ["--report", path]).joined(separator: " ")
  }
}
