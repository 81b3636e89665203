import ArgumentParser
import ChildPrograms
import Foundation
import Results
import Testbed

/// `uniference testbed run`.
struct TestbedRunCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a command once on each host of a testbed, as torchrun would.",
    discussion: """
      The testbed is made for the run and is gone after it, whatever happens; with --in it is one that stands. The command \
      finds RANK, WORLD_SIZE, MASTER_ADDR and what else torchrun gives it. The exit code is that of the first rank that \
      fails.
      """)

  @OptionGroup var testbed: TestbedOptions

  @Option(
    name: .customLong("in"), help: ArgumentHelp("Run in the testbed that `testbed up` has made.", valueName: "name"))
  var standing: String?

  @Option(help: ArgumentHelp("Write the testbed's cluster file here, for predictions.", valueName: "testbed.yaml"))
  var clusterFile: String?

  @Option(help: ArgumentHelp("The transport of the cluster file: a profile's name or file.", valueName: "profile"))
  var transport = "gloo-tcp"

  @Flag(help: "Start torchrun on each host; the command is its script.")
  var torchrun = false

  @Flag(
    help: """
      Run the command before everything else on this machine (SCHED_FIFO), so that other programs do not disturb what it \
      measures.
      """)
  var realTime = false

  @Flag(help: "Pass output on as it is, without the rank before each line.")
  var raw = false

  @Argument(parsing: .postTerminator, help: ArgumentHelp("After --: what to run.", valueName: "command"))
  var command: [String] = []

  func validate() throws {
    guard !command.isEmpty else {
      throw ValidationError("There is nothing to run; give a command after --, such as -- python script.py.")
    }
    if let standing, let option = testbed.given {
      throw ValidationError("\(option) describes a testbed, but --in \(standing) names one; leave one of them out.")
    }
  }

  func perform() async throws {
    #if os(Linux)
      let executable = try TestbedFactory.executable()
      let command = try self.command(usesTorchrun: torchrun)
      var made: (run: TestbedRun, groups: ControlGroupRoot?)
      if let standing {
        try Requirements.check()
        made = (TestbedRun(command.words, in: try StandingTestbeds().testbed(standing)), nil)
      } else {
        let name = TestbedNames.ofRun(startedBy: ProcessInfo.processInfo.processIdentifier).testbed
        let factory = try TestbedFactory(testbed, name: name, executable: executable)
        made = (TestbedRun(command.words, in: factory.testbed, creation: factory.plan.creation), factory.groups)
      }
      try Requirements.check(program: command.python ?? command.words[0])
      if realTime { try Requirements.checkRealTime() }
      made.run.torchrun = command.python
      made.run.raw = raw
      made.run.isRealTime = realTime
      try writeClusterFile(made.run.testbed)
      let code = try TestbedLauncher(made.run, executable: executable).run(groups: made.groups)
      if code != 0 { throw ExitCode(code) }
    #else
      throw TestbedError.onlyOnLinux
    #endif
  }

  /// torchrun starts scripts, with the Python that the command names, or else with that of the environment.
  private func command(usesTorchrun: Bool) throws -> (words: [String], python: String?) {
    let command = PythonInterpreter.startable(command)
    guard usesTorchrun else { return (command, nil) }
    let first = URL(fileURLWithPath: command[0]).lastPathComponent
    guard first.hasPrefix("python"), command.count > 1 else { return (command, try PythonInterpreter().path) }
    return (Array(command.dropFirst()), command[0])
  }

  private func writeClusterFile(_ testbed: Testbed) throws {
    guard let clusterFile else { return }
    // Paths in a cluster file are relative to it.
    let isFile = FileManager.default.fileExists(atPath: transport)
    let profile = isFile ? URL(fileURLWithPath: transport).path : transport
    do {
      try Data(testbed.clusterFile(transport: profile).utf8).write(to: URL(fileURLWithPath: clusterFile))
    } catch { throw FileError(error, operation: "write", path: clusterFile) }
  }
}
