import ArgumentParser
import Testbed

/// `uniference testbed`.
struct TestbedCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "testbed",
    abstract: "A small real cluster inside this Linux machine: hosts that are network namespaces, on shaped links.",
    subcommands: [TestbedRunCommand.self, TestbedInsideCommand.self])
}
