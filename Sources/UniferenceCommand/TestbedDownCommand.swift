import ArgumentParser
import Results
import Testbed

/// `uniference testbed down`.
struct TestbedDownCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "down", abstract: "Remove a bed and end what runs in it.")

  @Argument(help: "The bed.")
  var name: String?

  @Flag(help: "Remove all beds, and whatever is left of any.")
  var all = false

  func validate() throws {
    guard (name == nil) == all else { throw ValidationError("Name one bed, or give --all.") }
  }

  func perform() async throws {
    #if os(Linux)
      try Requirements.checkPrograms()
      let beds = StandingBeds()
      let names = name.map { [$0] } ?? beds.names
      for name in names { try beds.remove(name) }
      try StandardOutput.print(names.isEmpty ? "there was no bed" : "removed \(names.joined(separator: ", "))")
    #else
      throw TestbedError.onlyOnLinux
    #endif
  }
}
