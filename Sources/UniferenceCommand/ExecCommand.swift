import ArgumentParser
import Foundation
import PyTorchBridge
import Uniference

/// `uniference exec`.
struct ExecCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "exec",
    abstract: "Run a command whose processes find the simulated cluster where they would find gloo.",
    discussion: """
      For scripts and tests that start their own processes (torch.multiprocessing.spawn, pytest, torchrun). Every \
      process group that they make is a world of its own on the cluster. The exit code is the command's.
      """)

  @OptionGroup var session: SessionOptions

  @Flag(help: "Say on standard error what became of the worlds.")
  var summary = false

  @Argument(parsing: .captureForPassthrough, help: ArgumentHelp("The command, after --.", valueName: "command"))
  var command: [String]

  func perform() async throws {
    let words = command.first == "--" ? Array(command.dropFirst()) : command
    guard !words.isEmpty else { throw ValidationError("Give a command after --, such as: -- pytest tests.") }
    var options = CommandSession.Options()
    options.compute = try session.computeKind()
    options.usesRealClock = session.realClock
    options.parallelRanks = session.parallelRanks
    options.seed = session.seed
    let commandSession = CommandSession(cluster: try session.readCluster(), options: options)
    // A handler is not inherited by the command, as ignoring would be: Ctrl-C is for the command to act on.
    let former = signal(SIGINT) { _ in }
    defer { signal(SIGINT, former) }
    let result = try commandSession.run(words, python: try PythonEnvironment()) { say($0) }
    if summary { show(result.summary) }
    if result.exitCode != 0 { throw ExitCode(result.exitCode) }
  }

  private func show(_ summary: CommandSession.Summary) {
    say("\(summary.worlds) worlds, \(Duration.seconds(summary.virtualSeconds).shortDescription) of virtual time in all")
    for failure in summary.failures { say("a world failed: \(failure)") }
  }

  private func say(_ text: String) { FileHandle.standardError.write(Data("uniference: \(text)\n".utf8)) }
}
