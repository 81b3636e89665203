import ArgumentParser
import Uniference

/// `uniference`.
@main
struct RootCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "uniference",
    abstract: "Predict how a distributed AI model runs on a cluster that nobody has to own.",
    version: UniferenceVersion.current,
    subcommands: [
      SimulateCommand.self, DevicesCommand.self, ModelsCommand.self, FlowsCommand.self, BenchmarkCommand.self,
      RunCommand.self, ExecCommand.self, CompareCommand.self, ValidateCommand.self, CalibrateCommand.self,
      TestbedCommand.self, WeightsCommand.self, TokenizeCommand.self,
    ])

  /// `--compute recorded NAME.run` are three words, of which options take two.
  static func main() async {
    var arguments = Array(CommandLine.arguments.dropFirst())
    if let index = arguments.indices.dropLast(2).first(where: {
      arguments[$0] == "--compute" && arguments[$0 + 1] == "recorded" && arguments[$0 + 2].hasSuffix(".run")
    }) {
      arguments.replaceSubrange(index + 1...index + 2, with: ["recorded=" + arguments[index + 2]])
    }
    await main(arguments)
  }
}
