import ArgumentParser
import Results
import Testbed

/// `uniference testbed down`.
struct TestbedDownCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "down", abstract: "Remove a testbed and end what runs in it.")

  @Argument(help: "The testbed.")
  var name: String?

  @Flag(help: "Remove all testbeds, and whatever is left of any.")
  var all = false

  func validate() throws {
    guard (name == nil) == all else { throw ValidationError("Name one testbed, or give --all.") }
  }

  func perform() async throws {
    #if os(Linux)
      try Requirements.checkPrograms()
      let testbeds = StandingTestbeds()
      let names = name.map { [$0] } ?? testbeds.names
      for name in names { try testbeds.remove(name) }
      try StandardOutput.print(names.isEmpty ? "there was no testbed" : "removed \(names.joined(separator: ", "))")
    #else
      throw TestbedError.onlyOnLinux
    #endif
  }
}
