import ArgumentParser
import Results
import Testbed

/// `uniference testbed up`.
struct TestbedUpCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "up", abstract: "Make a testbed that stays until `testbed down`.")

  @Argument(help: "What it is to be called.")
  var name: String

  @OptionGroup var testbed: TestbedOptions

  func perform() async throws {
    #if os(Linux)
      let factory = try TestbedFactory(testbed, name: name, executable: try TestbedFactory.executable())
      try StandingTestbeds().create(factory.testbed, plan: factory.plan, groups: factory.groups)
      try StandardOutput.print(
        "\(name) has \(factory.testbed.hosts.count) hosts; run in it by uniference testbed run --in \(name) -- COMMAND")
    #else
      throw TestbedError.onlyOnLinux
    #endif
  }
}
