import ArgumentParser
import Documents
import Foundation
import Inputs
import ProgramLibraries
import PyTorchBridge
import Reports
import Results
import SimulationKernel
import Uniference

/// `uniference run`.
struct RunCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a PyTorch script on a cluster that nobody has to own, as torchrun would on one that you have.",
    discussion: """
      The script is the same file that runs under torchrun. Its values are true; its clocks tell the time that it would \
      take. The exit code is that of the first rank that fails.
      """)

  @Option(name: .shortAndLong, help: ArgumentHelp("Ranks; one for each device unless given.", valueName: "ranks"))
  var number: Int?

  @OptionGroup var session: SessionOptions

  @Flag(name: .shortAndLong, help: "The script is the name of a module, as for python -m and torchrun -m.")
  var module = false

  @Flag(
    help: """
      Large tensors have no values: time a model that is larger than this machine. Needs --compute roofline. With \
      --fake=strict, asking for a value that is not there is an error.
      """)
  var fake = false

  /// What follows `--fake=`, as ``FakeOption`` has it.
  @Flag(name: .customLong(FakeOption.strictWord), help: .hidden)
  var strictFake = false

  @Flag(
    help: """
      The script uses CUDA and NCCL: torch, though built for the CPU, has the GPUs that the cluster describes.
      """)
  var gpu = false

  @OptionGroup var files: RecordOptions

  @OptionGroup var tables: TableOptions

  @Flag(help: "Print one JSON object with the run's figures, on standard error, after the script's own output.")
  var json = false

  @Argument(help: ArgumentHelp("The script's file, or with -m a module's name.", valueName: "script.py"))
  var script: String

  @Argument(parsing: .captureForPassthrough, help: ArgumentHelp("The script's own arguments.", valueName: "arguments"))
  var arguments: [String] = []

  func validate() throws {
    switch try computeKind() {
    case .roofline: break
    case .measured where fake:
      throw ValidationError("--fake computes nothing that could be measured; add --compute roofline.")
    case .measured where gpu:
      throw ValidationError(SessionOptions.measuredWithGPUs)
    case .measured: break
    case .recorded where fake:
      throw ValidationError("--fake computes nothing that has been recorded; add --compute roofline.")
    case .recorded: break
    }
  }

  private func computeKind() throws -> ScriptOptions.Compute {
    try session.computeKind(usually: gpu ? .roofline : .measured)
  }

  func perform() async throws {
    var texts: [DocumentText] = []
    let cluster = try session.readCluster(&texts)
    var options = ScriptOptions(script: script)
    options.isModule = module
    options.arguments = arguments
    options.rankCount = number
    options.compute = try computeKind()
    options.usesFakeTensors = fake
    options.refusesStandIns = strictFake
    options.describesGPUs = gpu
    options.usesRealClock = session.realClock
    options.parallelRanks = session.parallelRanks
    options.showsProgress = Self.showsProgress
    let run = try ScriptRun(options, on: cluster, python: try PythonEnvironment())
    let start = ContinuousClock.now
    let report = try Interruption.bySignals { interruption in
      try run.run(simulationOptions(interruption, run.basis, texts))
    }
    guard let report else { return }
    try show(report, run.basis, on: cluster, wallTime: ContinuousClock.now - start)
  }

  private func simulationOptions(_ interruption: Interruption, _ basis: ComputeBasis, _ texts: [DocumentText])
    -> SimulationOptions
  {
    var options = SimulationOptions()
    options.interruption = interruption
    options.seed = session.seed
    options.warning = { message in
      if Self.showsProgress { StandardError.say(ProgressBar.removal, terminator: "") }
      warn(message)
    }
    options.tracePath = files.trace
    options.recordPath = recordPath
    options.keepsEarlierRecords = files.record == nil
    options.inputs = RunInputs(
      cluster: texts.first?.text, program: script, arguments: arguments, seed: session.seed,
      settings: session.settings,
      files: Dictionary(texts.dropFirst().map { ($0.path, $0.text) }, uniquingKeysWith: { first, _ in first }),
      command: "run")
    options.computeBasis = basis
    return options
  }

  private static var showsProgress: Bool { isatty(STDERR_FILENO) == 1 }

  /// After the script unless it is given. Runs of the same script get numbers.
  private var recordPath: String? {
    if files.noRecord { return nil }
    if let given = files.record { return given }
    let name = module ? script : URL(fileURLWithPath: script).deletingPathExtension().lastPathComponent
    return RecordFolder.prepare(warning: warn).map { "\($0)/\(name).run" }
  }

  /// Standard output belongs to the script, so what the run has found goes to standard error.
  private func show(_ report: SimulationReport, _ basis: ComputeBasis, on cluster: Cluster, wallTime: Duration) throws {
    let output = ScriptRunOutput(
      report, basis, script: script, cluster: cluster.name, wallTime: wallTime, trace: files.trace)
    let text = json ? try jsonText(output) : output.text(tables.errorFormat).printableTables
    try StandardError.print(text)
  }
}
