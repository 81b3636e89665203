import ArgumentParser
import Documents
import Foundation
import Results
import SimulationKernel
import Uniference

/// `uniference simulate LIBRARY`.
struct LibrarySimulation: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "uniference simulate LIBRARY",
    abstract: "Run a Swift program, a dynamic library, on a cluster that nobody has to own.",
    discussion: """
      The same library runs for real under torchrun: torchrun --nproc-per-node 3 -m uniference.host LIBRARY ARGUMENTS. \
      Standard output is the program's own; what the run has found goes to standard error.
      """)

  @Option(help: ArgumentHelp("The cluster to simulate.", valueName: "cluster.yaml"))
  var cluster: String

  @Option(name: .shortAndLong, help: ArgumentHelp("Ranks; one for each device unless given.", valueName: "ranks"))
  var number: Int?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Set a field of the cluster, such as network.link.bandwidth=\"100 Mbps\"; may be repeated.",
      valueName: "field=value"))
  var settings: [String] = []

  @Option(help: "The source of all random numbers.")
  var seed: UInt64 = 0

  @OptionGroup var computing: ComputingOptions

  @Option(help: ArgumentHelp("Write a run record.", valueName: "name.run"))
  var record: String?

  @Option(help: ArgumentHelp("Write a trace for ui.perfetto.dev.", valueName: "file"))
  var trace: String?

  @Flag(help: "Play every message, also of collectives that have the network to themselves. The times are the same.")
  var everyMessage = false

  @Flag(help: "Print what the run has found as one JSON object.")
  var json = false

  @Argument(
    parsing: .postTerminator, help: ArgumentHelp("The program's own arguments, after --.", valueName: "arguments"))
  var arguments: [String] = []

  func run(_ make: ([String]) throws -> some LibraryProgram, library: String) throws {
    var texts: [DocumentText] = []
    var cluster = try Cluster(
      contentsOf: cluster, overrides: settings.map { try DocumentOverride(parsing: $0) }, texts: &texts)
    if let number { cluster = try cluster.keepingDevices(number) }
    var options = SimulationOptions()
    options.seed = seed
    options.recordPath = record
    options.tracePath = trace
    options.usesMemoisedTiming = !everyMessage
    options.values = try computing.valueOptions()
    options.kernelTimes = try computing.kernelTimes()
    options.inputs = RunInputs(
      cluster: texts.first?.text, program: library, arguments: arguments, seed: seed, settings: settings,
      files: Dictionary(texts.dropFirst().map { ($0.path, $0.text) }, uniquingKeysWith: { first, _ in first }),
      command: "simulate")
    let program = try make(arguments)
    let report = try Interruption.bySignals(andLostOutput: true) { interruption in
      options.interruption = interruption
      return try World.simulate(program, on: cluster, options: options)
    }
    try ProgramOutput.flush()
    try StandardError.print(try json ? jsonText(report) : text(report))
  }

  private func text(_ report: SimulationReport) -> String {
    guard let compute = report.compute, compute.source != .roofline else { return report.description }
    let lines = [report.description, "Compute time \(compute.description).", compute.energyDescription]
    return (lines + compute.warnings.map { "warning: \($0)" }).joined(separator: "\n")
  }

  private func jsonText(_ report: SimulationReport) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(report), as: UTF8.self)
  }
}
