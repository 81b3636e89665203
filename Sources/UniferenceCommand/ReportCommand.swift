import ArgumentParser
import Foundation
import Predictions
import ProgramLibraries
import Reports
import Results
import SimulationKernel
import Uniference

/// `uniference report`.
struct ReportCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write a page about a recorded run or a sweep: where the time goes, and why.",
    discussion: """
      The page is one HTML file that needs no network. Of a run it shows what each device did over time, the critical \
      path, operations, layers, collectives, links and memory. A scenario's run is made again with each resource \
      infinitely fast, which tells what that resource costs. Of a sweep's database it shows curves, the Pareto front and \
      all points.
      """)

  @Argument(
    help: ArgumentHelp(
      "A run record, its name in the list of uniference runs, or the database of a sweep.", valueName: "run"))
  var subject: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Where the page goes. (default: the subject's name with .html)", valueName: "page.html"))
  var output: String?

  @Flag(help: "Do not simulate the run again; the page then does not tell what resources cost.")
  var noReruns = false

  @Option(help: ArgumentHelp("Which sweep, where several share a database.", valueName: "name"))
  var sweep: String?

  func perform() async throws {
    let (page, name) =
      try Self.isDatabase(subject) ? SweepPage.make(subject, sweep: sweep) : try runPage()
    let path = output ?? "\(name).html"
    try TextFile.write(page.html(), to: path)
    try StandardOutput.print("Report: \(path)")
  }

  private static func isDatabase(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
  }

  private func runPage() throws -> (ReportPage, name: String) {
    let record = try RunRecord.read(from: RecordFolder.path(ofRecord: subject))
    let printer = ProgressPrinter(title: "explaining")
    defer { printer.finish() }
    let explanation = try Interruption.bySignals { interruption in
      try RunExplanation(
        record, runsAgain: !noReruns, interruption: interruption, repeatScript: ReplayedRun.init
      ) { fraction, detail in
        printer.update(fraction: fraction, detail: detail)
      }
    }
    let folderName = URL(fileURLWithPath: record.path).lastPathComponent
    let name = folderName.hasSuffix(RunRecord.suffix) ? String(folderName.dropLast(RunRecord.suffix.count)) : folderName
    return (
      try ReportPage(.run, title: name, data: RunPage(name, record, try RunPageData(record), explanation)), name
    )
  }
}

/// What the page of a run is given.
private struct RunPage: Encodable {
  let name: String
  let status: String
  let subject: String
  let cluster: String?
  let strategy: String?
  let command: String?
  let arguments: [String]
  let seed: UInt64
  let version: String
  let compute: String?
  let warnings: [String]
  let total_s: Double
  let energy_j: Double?
  let bytes_sent: Int?
  let messages: Int?
  let memory: [Memory]
  let events: RunPageData
  let explanation: RunExplanation

  /// One device's memory when it held most.
  struct Memory: Encodable {
    let device: String
    let peak_bytes: Int
    let usable_bytes: Int?
    let held: [SimulationReport.MemoryUse]
  }

  /// How many devices' memory is shown.
  private static let memoryLimit = 64

  init(_ name: String, _ record: RunRecord, _ events: RunPageData, _ explanation: RunExplanation) {
    let manifest = record.manifest
    let report = (try? JSONEncoder().encode(manifest.results)).flatMap {
      try? JSONDecoder().decode(SimulationReport.self, from: $0)
    }
    self.name = name
    switch manifest.status {
    case .complete: status = "complete"
    case .interrupted: status = "interrupted"
    case .failed(let reason): status = "failed: \(reason)"
    }
    let inputs = manifest.inputs
    (subject, cluster, strategy) = (inputs.model ?? inputs.program, inputs.clusterName, inputs.strategy)
    (command, arguments, seed) = (inputs.command, inputs.arguments, inputs.seed)
    version = manifest.versions.uniference
    compute = report?.compute?.description
    warnings = report?.compute?.warnings ?? []
    total_s = report?.total_s ?? 0
    (energy_j, bytes_sent, messages) = (report?.energy_j, report?.bytes_sent, report?.messages)
    memory = (report?.devices ?? []).filter { $0.peak_memory_bytes > 0 }.prefix(Self.memoryLimit).map {
      Memory(
        device: $0.name, peak_bytes: $0.peak_memory_bytes, usable_bytes: $0.usable_memory_bytes,
        held: $0.peak_memory ?? [])
    }
    self.events = events
    self.explanation = explanation
  }
}
