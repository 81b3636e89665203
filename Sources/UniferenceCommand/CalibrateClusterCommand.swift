import ArgumentParser
import Calibration
import Foundation
import Inputs
import PyTorchBridge
import Reports
import Results

/// `uniference calibrate cluster`, which `uniference calibrate` without a subcommand means.
struct CalibrateClusterCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "cluster",
    abstract: "Measure a real cluster, fit the simulator's figures to it, and write its cluster file.",
    discussion: """
      Measuring runs under torchrun on any cluster with PyTorch and gloo:

        torchrun ... -m uniference.calibration.measure --output measurements.json

      --testbed and --hosts run it for you, and --measurements takes files that it has left. Several clusters that \
      differ in their links alone may be fitted together; the first one's file is written. Where the output file exists \
      already, figures that have moved beyond both intervals are reported as drift. Exit code 65 means that something \
      could not be measured or fitted; what was measured is kept.
      """)

  @Option(
    help: ArgumentHelp(
      "Measure in a testbed with these options, such as \"hosts: 2, rate: 1 Gbps\"; may be repeated.",
      valueName: "options"))
  var testbed: [String] = []

  @Option(help: ArgumentHelp("Measure on these machines by ssh, the first one being rank 0.", valueName: "a,b,c"))
  var hosts: String?

  @Option(help: ArgumentHelp("Fit what was measured before; may be repeated.", valueName: "measurements.json"))
  var measurements: [String] = []

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "The cluster file to write. Beside it go the measurements (.measurements.json), the parameters with their intervals "
        + "(.fit.json) and a plot (.svg).",
      valueName: "cluster.yaml"))
  var output: String

  @Option(help: ArgumentHelp("Also write the transport alone, for other clusters' files.", valueName: "file"))
  var transport: String?

  @Option(help: ArgumentHelp("What the links of --hosts are said to carry, such as \"1 Gbps\".", valueName: "rate"))
  var rate: String?

  @Option(help: ArgumentHelp("Python on --hosts.", valueName: "path"))
  var remotePython = "python3"

  @Option(
    help: ArgumentHelp("The folder with the uniference package on --hosts, unless it is installed.", valueName: "path"))
  var remotePackage: String?

  @Flag(help: "Print what to run on each of --hosts, and run nothing.")
  var printCommands = false

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp("An argument of the measuring, such as --measure=--repetitions=9.", valueName: "argument"))
  var measure: [String] = []

  @OptionGroup var tables: TableOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    let sources = (testbed.isEmpty ? 0 : 1) + (hosts == nil ? 0 : 1) + (measurements.isEmpty ? 0 : 1)
    guard sources == 1 else {
      throw ValidationError("Give one of --testbed, --hosts and --measurements: what to fit.")
    }
    if let hosts, hosts.split(separator: ",").count < 2 {
      throw ValidationError("--hosts \(hosts) is one machine; a network has at least two, such as --hosts a,b.")
    }
    if printCommands, hosts == nil { throw ValidationError("--print-commands needs --hosts.") }
  }

  func perform() async throws {
    let former = FileManager.default.fileExists(atPath: output) ? try FormerFigures(contentsOf: output) : nil
    if printCommands {
      let (machines, command) = remote()
      for (name, line) in zip(machines.names, machines.shellCommands(command)) {
        try StandardOutput.print("\(name): \(line)")
      }
      return
    }
    let files = try measured()
    let printer = ProgressPrinter(title: "calibrating")
    defer { printer.finish() }
    var step = 0
    let calibration = try Calibration(fitting: files.map { try Measurements(contentsOf: $0) }) { detail in
      step += 1
      printer.update(fraction: min(0.95, Double(step) / 25), detail: detail)
    }
    printer.finish()
    for line in former?.drift(to: calibration) ?? [] { warn("drift: \(line)") }
    try write(calibration)
  }

  // MARK: Measuring

  private var base: String { output.hasSuffix(".yaml") ? String(output.dropLast(5)) : output }

  /// The files with what was measured, now or before.
  private func measured() throws -> [String] {
    if !measurements.isEmpty { return measurements }
    if hosts != nil {
      let (machines, command) = remote()
      try MeasuringRun.run(on: machines, command, output: base + ".measurements.json")
      return [base + ".measurements.json"]
    }
    guard let executable = Bundle.main.executablePath else {
      throw CommandFailure("cannot tell where this program is, which runs itself", CommandFailure.internalError)
    }
    let python = try PythonEnvironment()
    return try testbed.enumerated().map { index, testbed in
      let file = base + (index == 0 ? "" : "-\(index + 1)") + ".measurements.json"
      let command = try MeasuringCommand.testbed(
        testbed, output: file, executable: executable, python: python.interpreter, arguments: measure)
      try MeasuringRun.run(command, environment: python.moduleVariables, output: file)
      return file
    }
  }

  private func remote() -> (RemoteHosts, MeasuringCommand) {
    var command = MeasuringCommand(output: "/tmp/uniference-measurements.json")
    command.statedRate = rate
    command.arguments = measure
    let names = (hosts ?? "").split(separator: ",").map(String.init)
    return (RemoteHosts(names: names, python: remotePython, packageFolder: remotePackage), command)
  }

  // MARK: Writing

  private func write(_ calibration: Calibration) throws {
    let name = PathName(output).nameWithoutEnding
    let document = ClusterDocument(calibration, name: name)
    let report = CalibrationReport(calibration)
    try TextFile.write(document.text, to: output)
    try TextFile.write(
      try jsonText(FittedParameters(calibration)) + "\n", to: FittedParameters.path(besideClusterFile: output))
    try TextFile.write(report.svg, to: base + ".svg")
    if let transport { try TextFile.write(document.transportText, to: transport) }
    try StandardOutput.print(json ? try jsonText(report) : report.text(tables.format))
  }
}
