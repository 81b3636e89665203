import ArgumentParser
import ChildPrograms
import Devices
import Inputs
import PyTorchBridge
import Results

/// `uniference devices import`.
struct DevicesImportCommand: ReportingCommand {
  enum Source: String, CaseIterable, ExpressibleByArgument {
    case aisimulate
  }

  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Make tables of measured kernel times from a Python package.",
    discussion: """
      aisimulate (Apache-2.0) has NVIDIA's measurements for AIConfigurator: matrix multiplication and attention on its \
      GPUs. The file that is written goes into a cluster file: devices: [{model: h200-sxm, kernels: FILE}].
      """)

  @Argument(help: "The package: aisimulate.")
  var source: Source

  @Option(help: "The package's name of the system, such as h200_sxm.")
  var system: String

  @Option(help: "The device of the catalogue that the system is, where that is not known.")
  var device: String?

  @Option(help: "The file to write (default: SYSTEM.kernels).")
  var output: String?

  func perform() async throws {
    if let device { _ = try DeviceCatalogue.device(device) }
    let file = output ?? "\(system.replacing("/", with: "-")).kernels"
    let python = try PythonEnvironment()
    var words = [
      python.interpreter, "-m", "uniference.kernel_tables.aisimulate", "--system=\(system)", "--output=\(file)",
    ]
    if let device { words.append("--device=\(device)") }
    do throws(ChildFailure) {
      _ = try ChildProgram(words, environment: python.moduleVariables).output()
    } catch {
      // The last line that Python wrote says what is wrong.
      guard case .failed(code: let code, lastWords: let reason?) = error.reason else { throw error }
      throw CommandFailure(reason.printableLine, ExitCode(code == 74 ? 74 : 65))
    }
    let tables = try KernelTables(contentsOf: file)
    let points = tables.contents.reduce(0) { $0 + $1.pointCount }
    try StandardOutput.print(
      "\(file): \(tables.contents.count) tables with \(points) times of \(tables.deviceID), measured on \(tables.measuredOn).\n"
        + "Use it in a cluster file: devices: [{model: \(tables.deviceID), kernels: \(file)}]")
  }
}
