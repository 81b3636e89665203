import ArgumentParser
import LibTorch
import Uniference

/// Options of commands that run Swift programs: whether tensors have values, and where the time of operations comes from.
struct ComputingOptions: ParsableArguments {
  @Flag(help: "Tensors have values, which libtorch computes: real weights, real text. Needs `make torch`.")
  var values = false

  @Option(
    help: ArgumentHelp(
      """
      How the time of computing is found: roofline (from each operation's cost and the device's figures), measured (of \
      the kernels that compute the values here, at the device's speed), recorded NAME.run (as an earlier run measured it).
      """, valueName: "model"))
  var compute = ComputeModelName.roofline

  @Option(
    help: ArgumentHelp("libtorch's name of the device that computes values: cpu, cuda:0, mps.", valueName: "name"))
  var torchDevice = "cpu"

  func validate() throws {
    if compute == .measured && !values {
      throw ValidationError("--compute measured times the kernels of a run with values; add --values.")
    }
  }

  func valueOptions() throws -> ValueOptions? {
    values ? try ValueOptions(library: TorchLibrary(), deviceName: torchDevice) : nil
  }

  func kernelTimes() throws -> KernelTimes {
    switch compute {
    case .roofline: .described
    case .measured: .measured
    case .recorded(let path): .recorded(try OperationRecording(contentsOf: path))
    }
  }
}

/// What `--compute` may be followed by.
enum ComputeModelName: Equatable, ExpressibleByArgument {
  case roofline
  case measured
  case recorded(path: String)

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
    switch (parts.first, parts.count) {
    case ("roofline", 1): self = .roofline
    case ("measured", 1): self = .measured
    case ("recorded", 2): self = .recorded(path: parts[1])
    default: return nil
    }
  }

  var defaultValueDescription: String {
    switch self {
    case .roofline: "roofline"
    case .measured: "measured"
    case .recorded(let path): "recorded=\(path)"
    }
  }

  static let allValueStrings = ["roofline", "measured", "recorded=NAME.run"]
}
