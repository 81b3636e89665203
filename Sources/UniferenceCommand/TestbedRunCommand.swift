import ArgumentParser
import Foundation
import PythonInterpreters
import Results
import Testbed

/// `uniference testbed run`.
struct TestbedRunCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a command once on each host of a bed, as torchrun would.",
    discussion: """
      The bed is made for the run and is gone after it, whatever happens. The command finds RANK, WORLD_SIZE, \
      MASTER_ADDR and what else torchrun gives it. The exit code is that of the first rank that fails.
      """)

  @OptionGroup var bed: BedOptions

  @Option(help: ArgumentHelp("Write the bed's cluster file here, for predictions.", valueName: "bed.yaml"))
  var clusterFile: String?

  @Option(help: ArgumentHelp("The transport of the cluster file: a profile's name or file.", valueName: "profile"))
  var transport = "gloo-tcp"

  @Flag(help: "Start torchrun on each host, with the command as its script.")
  var torchrun = false

  @Flag(help: "Pass output on as it is, without the rank before each line.")
  var raw = false

  @Argument(parsing: .postTerminator, help: ArgumentHelp("After --: what to run.", valueName: "command"))
  var command: [String] = []

  func validate() throws {
    guard !command.isEmpty else {
      throw ValidationError("There is nothing to run; give a command after --, such as -- python script.py.")
    }
  }

  func perform() async throws {
    #if os(Linux)
      let layout = try bed.layout()
      try Requirements.check()
      let name = "run-\(ProcessInfo.processInfo.processIdentifier)"
      let groups = layout.cpuShares.isEmpty ? nil : try ControlGroupRoot.find()
      var run = BedRun(command, in: Bed(layout, name: name, cores: CoreAssignment.available, groups: groups))
      run.creation = BedPlan(layout, name: name).creation.map(\.words)
      run.raw = raw
      if torchrun { run.torchrun = try PythonInterpreter().path }
      try writeClusterFile(run.bed)
      let code = try BedLauncher(run, executable: try ownPath()).run(groups: groups)
      if code != 0 { throw ExitCode(code) }
    #else
      throw TestbedError(.machine, "a testbed is made of Linux network namespaces; run this on Linux")
    #endif
  }

  private func writeClusterFile(_ bed: Bed) throws {
    guard let clusterFile else { return }
    do {
      try Data(bed.clusterFile(transport: transport).utf8).write(to: URL(fileURLWithPath: clusterFile))
    } catch { throw FileError(error, operation: "write", path: clusterFile) }
  }

  private func ownPath() throws -> String {
    guard let path = Bundle.main.executablePath else {
      throw CommandFailure("cannot tell where this program is, which runs itself", CommandFailure.internalError)
    }
    return path
  }
}
