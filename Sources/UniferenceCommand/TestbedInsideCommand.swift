import ArgumentParser
import Testbed

/// `uniference testbed inside`, which `run` starts in the testbed's namespaces.
struct TestbedInsideCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "inside", abstract: "The first process of a run.", shouldDisplay: false)

  func perform() async throws {
    #if os(Linux)
      var supervisor = try RankSupervisor()
      let code = try supervisor.supervise()
      if code != 0 { throw ExitCode(code) }
    #endif
  }
}
