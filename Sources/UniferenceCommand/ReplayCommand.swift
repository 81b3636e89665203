import ArgumentParser
import Documents
import Foundation
import ProgramLibraries
import PyTorchBridge
import Results
import SimulationKernel
import Uniference

/// `uniference replay`.
struct ReplayCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Time a recorded run of a script on another cluster, without running anything.",
    discussion: """
      Each rank makes the calls of its record and computes what it computed in between: for the measured times at the \
      speed of the new devices, or, where the script was run with --compute roofline, for the times of torch's operations \
      on them. What the script would have done otherwise on that cluster is not known.
      """)

  @Argument(
    help: ArgumentHelp(
      "A record of uniference run: its folder, or its name in the list of uniference runs.", valueName: "run"))
  var record: String

  @Option(help: ArgumentHelp("The cluster. (default: the one of the record)", valueName: "cluster.yaml"))
  var cluster: String?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Set a field of the cluster, such as network.link.bandwidth=\"100 Mbps\"; may be repeated.",
      valueName: "field=value"))
  var settings: [String] = []

  @Option(help: "The source of all random numbers of the network, instead of the record's.")
  var seed: UInt64?

  @OptionGroup var files: RecordOptions

  @OptionGroup var tables: TableOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  func perform() async throws {
    let recorded = try RunRecord.read(from: RecordFolder.path(ofRecord: record))
    let inputs = recorded.manifest.inputs
    if inputs.scenario != nil {
      throw CommandFailure(
        "\(recorded.path) is the record of a scenario; uniference simulate predicts it on another cluster",
        CommandFailure.badInput)
    }
    let replay = try ScriptReplay(recorded)
    var texts: [DocumentText] = []
    let cluster = try readCluster(of: inputs, &texts)
    replay.warnings.forEach(warn)
    let start = ContinuousClock.now
    let report = try Interruption.bySignals { interruption in
      try replay.run(on: cluster, options(interruption, inputs, texts))
    }
    let output = ScriptRunOutput(
      report, try replay.basis(on: cluster), script: inputs.program, cluster: cluster.name,
      wallTime: ContinuousClock.now - start, trace: files.trace)
    try StandardOutput.print(json ? try jsonText(output) : output.text(tables.format).printableTables)
  }

  private func readCluster(of inputs: RunInputs, _ texts: inout [DocumentText]) throws -> Cluster {
    let overrides = try settings.map { try DocumentOverride(parsing: $0) }
    if let cluster { return try Cluster(contentsOf: cluster, overrides: overrides, texts: &texts) }
    return try Cluster(recordedIn: inputs, of: record, settings: overrides, texts: &texts)
  }

  private func options(_ interruption: Interruption, _ inputs: RunInputs, _ texts: [DocumentText]) -> SimulationOptions
  {
    var options = SimulationOptions()
    options.interruption = interruption
    options.seed = seed ?? inputs.seed
    options.warning = warn
    options.tracePath = files.trace
    options.recordPath = recordPath(of: inputs)
    options.keepsEarlierRecords = files.record == nil
    options.inputs = RunInputs(
      cluster: texts.first?.text, program: inputs.program, arguments: inputs.arguments, seed: options.seed,
      settings: (cluster == nil ? inputs.settings ?? [] : []) + settings,
      files: Dictionary(texts.dropFirst().map { ($0.path, $0.text) }, uniquingKeysWith: { first, _ in first }),
      command: "replay")
    return options
  }

  private func recordPath(of inputs: RunInputs) -> String? {
    if files.noRecord { return nil }
    if let given = files.record { return given }
    let name = URL(fileURLWithPath: inputs.program).deletingPathExtension().lastPathComponent
    return RecordFolder.prepare(warning: warn).map { "\($0)/\(name)-replay\(RunRecord.suffix)" }
  }
}
