import ArgumentParser
import LibTorch
import Uniference

/// Options of commands that run Swift programs: whether tensors have values, and where the time of operations comes from.
package struct ComputingOptions: ParsableArguments {
  @Flag(help: "Tensors have values, which libtorch computes: real weights, real text. Needs `make torch`.")
  package var values = false

  @Option(
    help: ArgumentHelp(
      """
      How the time of computing is found: roofline (from each operation's cost and the device's figures), measured (of \
      the kernels that compute the values here, at the device's speed), recorded NAME.run (as an earlier run measured it).
      """, valueName: "model"))
  package var compute = ComputeModelName.roofline

  @Option(
    help: ArgumentHelp("libtorch's name of the device that computes values: cpu, cuda:0, mps.", valueName: "name"))
  package var torchDevice = "cpu"

  package init() {}

  package func validate() throws {
    if compute == .measured && !values {
      throw ValidationError("--compute measured times the kernels of a run with values; add --values.")
    }
  }

  package func valueOptions() throws -> ValueOptions? {
    values ? try ValueOptions(library: TorchLibrary(), deviceName: torchDevice) : nil
  }

  package func kernelTimes() throws -> KernelTimes {
    switch compute {
    case .roofline: .described
    case .measured: .measured
    case .recorded(let path): .recorded(try OperationRecording(contentsOf: path))
    }
  }
}

/// What `--compute` may be followed by.
package enum ComputeModelName: Equatable, ExpressibleByArgument {
  case roofline
  case measured
  case recorded(path: String)

  package init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
    switch (parts.first, parts.count) {
    case ("roofline", 1): self = .roofline
    case ("measured", 1): self = .measured
    case ("recorded", 2): self = .recorded(path: parts[1])
    default: return nil
    }
  }

  package var defaultValueDescription: String {
    switch self {
    case .roofline: "roofline"
    case .measured: "measured"
    case .recorded(let path): "recorded=\(path)"
    }
  }

  package static let allValueStrings = ["roofline", "measured", "recorded=NAME.run"]
}

extension ComputeModelName {
  /// `--compute recorded NAME.run` are three words, of which options take two.
  package static func joiningWords(_ arguments: [String]) -> [String] {
    var arguments = arguments
    if let index = arguments.indices.dropLast(2).first(where: {
      arguments[$0] == "--compute" && arguments[$0 + 1] == "recorded" && arguments[$0 + 2].hasSuffix(".run")
    }) {
      arguments.replaceSubrange(index + 1...index + 2, with: ["recorded=" + arguments[index + 2]])
    }
    return arguments
  }
}
