import ArgumentParser
import Foundation
import Quantities
import Reports
import Results
import Uniference

/// `uniference runs`.
struct RunsCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs",
    abstract: "List the runs that have been recorded here, the newest first.",
    discussion: "show, compare and report take a run by its name in this list.")

  @Argument(help: ArgumentHelp("The folder with the records.", valueName: "folder"))
  var folder = RecordFolder.name

  @Flag(help: "List all runs.")
  var all = false

  @OptionGroup var tables: TableOptions

  @Flag(help: "Print one JSON array.")
  var json = false

  private static let shownRuns = 40

  func perform() async throws {
    let isMissing = folder == RecordFolder.name && !FileManager.default.fileExists(atPath: folder)
    let runs = isMissing ? [] : try RecordedRun.all(in: folder)
    if json { return try StandardOutput.print(try jsonText(runs.map(ListedRun.init))) }
    guard !runs.isEmpty else {
      let advice = "simulate and run keep a record of each run in \(RecordFolder.name)/"
      return try StandardOutput.print("There are no run records in \(folder). \(advice)".printableLine)
    }
    try StandardOutput.print(text(runs), terminator: "")
  }

  private func text(_ runs: [RecordedRun]) -> String {
    let shown = all ? runs : Array(runs.prefix(Self.shownRuns))
    var table = TextTable(columns: [
      .init("run"), .init("recorded", .right, leftOut: 5), .init("by", leftOut: 2), .init("model or script"),
      .init("cluster", leftOut: 3), .init("devices", .right, leftOut: 1), .init("strategy", leftOut: 4),
      .init("total", .right),
    ])
    for run in shown { table.append(row(of: run)) }
    var lines = table.withoutEmptyColumns().rendered(tables.format)
    let damaged = shown.filter { $0.problem != nil }
    if !damaged.isEmpty {
      lines += "\n" + damaged.compactMap { $0.problem.map { tables.format.wrapped("damaged: \($0)") + "\n" } }.joined()
    }
    if runs.count > shown.count { lines += "\nand \(runs.count - shown.count) more; --all shows them\n" }
    return lines
  }

  private func row(of listed: RecordedRun) -> [String] {
    let time = Self.localTime(listed.recorded)
    guard let run = listed.run else { return [listed.name, time, "-", "damaged", "-", "-", "-", "-"] }
    let total = run.total_s.map { Duration.nearest(seconds: $0).shortDescription } ?? "-"
    return [
      listed.name, time, run.command, run.subject, run.cluster ?? "-", "\(run.devices)", run.strategy ?? "-",
      run.status == "complete" ? total : run.total_s == nil ? run.status : "\(run.status) after \(total)",
    ]
  }

  private static func localTime(_ date: Date) -> String {
    let format = DateFormatter()
    format.locale = Locale(identifier: "en_US_POSIX")
    format.dateFormat = "yyyy-MM-dd HH:mm"
    return format.string(from: date)
  }
}

/// A run in the JSON that `uniference runs` prints.
private struct ListedRun: Encodable {
  let listed: RecordedRun

  init(_ listed: RecordedRun) { self.listed = listed }

  private enum CodingKeys: String, CodingKey { case name, path, recorded_at, status, problem }

  func encode(to encoder: any Encoder) throws {
    try listed.run?.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(listed.name, forKey: .name)
    try container.encode(listed.path, forKey: .path)
    try container.encode(ISO8601DateFormatter().string(from: listed.recorded), forKey: .recorded_at)
    if let problem = listed.problem {
      try container.encode("damaged", forKey: .status)
      try container.encode(problem, forKey: .problem)
    }
  }
}
