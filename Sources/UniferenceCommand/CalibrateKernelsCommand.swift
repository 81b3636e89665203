import ArgumentParser
import ChildPrograms
import Devices
import PyTorchBridge
import Quantities
import Results

/// `uniference calibrate kernels`.
struct CalibrateKernelsCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernels",
    abstract: "Measure the kernels of this machine's GPU or processor, and write a file of kernel tables.",
    discussion: """
      Matrix products, attention of prompts and of decoding, norms, and the launch time of an operation, by PyTorch: \
      on a GPU in CUDA graphs between events, on a processor by the clock. The largest steps between sizes come first, so \
      that a table is useful after any time; the same command then goes on. A machine with PyTorch alone measures by: \
      python -m uniference.kernel_tables.measure --device ID --output FILE. The file goes into a cluster file: \
      devices: [{model: ID, kernels: FILE}].
      """)

  @Option(help: ArgumentHelp("The device of the catalogue that this machine has.", valueName: "id"))
  var device: String

  @Option(name: .shortAndLong, help: ArgumentHelp("The file to write (default: ID.kernels).", valueName: "file"))
  var output: String?

  @Option(help: ArgumentHelp("How long to measure at most (default: 10).", valueName: "minutes"))
  var minutes: Double?

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "An argument of the measuring, such as --measure=--on=cpu, --measure=--largest=4096.", valueName: "argument"))
  var measure: [String] = []

  func perform() async throws {
    let specification = try DeviceCatalogue.device(device)
    let file = output ?? "\(specification.id).kernels"
    let python = try PythonEnvironment()
    var words = [
      python.interpreter, "-m", "uniference.kernel_tables.measure", "--device=\(specification.id)", "--output=\(file)",
    ]
    if let minutes { words.append("--minutes=\(minutes)") }
    if let failed = try ChildProgram.run([ChildProgram(words + measure, environment: python.moduleVariables)]) {
      // It has said why on standard error; 2 is Python's code for wrong arguments.
      if failed.code == 2 { throw ExitCode(64) }
      throw ExitCode([65, 69, 74, 130].contains(failed.code) ? failed.code : 70)
    }
    let tables = try KernelTables(contentsOf: file)
    let points = tables.contents.reduce(0) { $0 + $1.pointCount }
    var lines = [
      "\(file): \(tables.contents.count) tables with \(points) times of \(tables.deviceID), measured on \(tables.measuredOn)."
    ]
    if let time = tables.dispatchTime { lines.append("Dispatching an operation takes \(time.shortDescription).") }
    if let time = tables.replayTime {
      lines.append("A kernel without work takes \(time.shortDescription) in a graph: a runtime's launch_gap.")
    }
    lines.append("Use it in a cluster file: devices: [{model: \(tables.deviceID), kernels: \(file)}]")
    try StandardOutput.print(lines.joined(separator: "\n"))
  }
}
