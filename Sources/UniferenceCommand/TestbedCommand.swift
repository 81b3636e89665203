import ArgumentParser
import Testbed

/// `uniference testbed`.
struct TestbedCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "testbed",
    abstract: "A small real cluster inside this Linux machine: hosts that are network namespaces, on shaped links.",
    discussion: """
      Needs root. What is sent takes the time that it takes on cables of the given rate; what is computed takes the \
      time that it takes here, each host on its own cores where there are enough.
      """,
    subcommands: [
      TestbedRunCommand.self, TestbedUpCommand.self, TestbedDownCommand.self, TestbedInsideCommand.self,
      TestbedRelayCommand.self,
    ])
}
