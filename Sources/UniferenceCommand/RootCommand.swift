import ArgumentParser

/// `uniference`.
@main
struct RootCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "uniference",
    abstract: "Predict how a distributed AI model runs on a cluster that nobody has to own.",
    subcommands: [DevicesCommand.self, ModelsCommand.self, FlowsCommand.self])
}
