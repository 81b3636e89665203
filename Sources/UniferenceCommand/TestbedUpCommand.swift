import ArgumentParser
import Results
import Testbed

/// `uniference testbed up`.
struct TestbedUpCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "up", abstract: "Make a bed that stays until `testbed down`.")

  @Argument(help: "What it is to be called.")
  var name: String

  @OptionGroup var bed: BedOptions

  func perform() async throws {
    #if os(Linux)
      let factory = try BedFactory(bed, name: name, executable: try BedFactory.executable())
      try StandingBeds().create(factory.bed, plan: factory.plan, groups: factory.groups)
      try StandardOutput.print(
        "\(name) has \(factory.bed.hosts.count) hosts; run in it by uniference testbed run --in \(name) -- COMMAND")
    #else
      throw TestbedError.onlyOnLinux
    #endif
  }
}
