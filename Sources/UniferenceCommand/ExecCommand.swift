import ArgumentParser
import ChildPrograms
import Foundation
import Inputs
import PyTorchBridge
import Quantities
import Results
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

  @Flag(help: "Say on standard error what became of the worlds, and where compute time was measured.")
  var summary = false

  @Flag(help: "Print the same as one JSON object, on standard error, after the command's own output.")
  var json = false

  @Flag(
    help: """
      The command's processes use CUDA and NCCL: torch, though built for the CPU, has the GPUs that the cluster describes.
      """)
  var gpu = false

  @Argument(parsing: .captureForPassthrough, help: ArgumentHelp("The command, after --.", valueName: "command"))
  var command: [String]

  func perform() async throws {
    let words = PythonInterpreter.startable(command.first == "--" ? Array(command.dropFirst()) : command)
    guard !words.isEmpty else { throw ValidationError("Give a command after --, such as: -- pytest tests.") }
    var options = CommandSession.Options()
    options.compute = try session.computeKind(usually: gpu ? .roofline : .measured)
    if gpu, case .measured = options.compute { throw ValidationError(SessionOptions.measuredWithGPUs) }
    options.describesGPUs = gpu
    options.usesRealClock = session.realClock
    options.parallelRanks = session.parallelRanks
    options.seed = session.seed
    let commandSession = try CommandSession(cluster: try session.readCluster(), options: options)
    let result = try commandSession.run(words, python: try PythonEnvironment()) { say($0) }
    let output = CommandSessionOutput(result.summary, commandSession.basis)
    if json {
      try StandardError.print(try jsonText(output))
    } else if summary {
      for line in output.lines { say(line) }
    }
    if result.exitCode != 0 { throw ExitCode(result.exitCode) }
  }

  private func say(_ text: String) { StandardError.say("uniference: \(text.printableLines)") }
}

/// What became of a command's worlds, as `uniference exec` prints it.
struct CommandSessionOutput: Encodable {
  let worlds: Int
  let virtual_s: Double
  let failures: [String]
  let compute: ComputeBasis

  init(_ summary: CommandSession.Summary, _ basis: ComputeBasis) {
    worlds = summary.worlds
    virtual_s = summary.virtualSeconds
    failures = summary.failures
    compute = basis
  }

  /// The same for people.
  var lines: [String] {
    let time = Duration.nearest(seconds: virtual_s).shortDescription
    return [
      "\(worlds) \(worlds == 1 ? "world" : "worlds"), \(time) of virtual time in all; compute time \(compute.description)"
    ] + failures.map { "a world failed: \($0)" } + compute.warnings.map { "warning: \($0)" }
  }
}
