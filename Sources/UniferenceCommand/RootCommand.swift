import ArgumentParser
import ProgramLibraries
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
      TestbedCommand.self, WeightsCommand.self, TokenizeCommand.self, NewCommand.self,
    ])

  static func main() async {
    let arguments = ComputeModelName.joiningWords(Array(CommandLine.arguments.dropFirst()))
    ProgramLibraryLaunch(arguments)?.run()
    await main(arguments)
  }
}
