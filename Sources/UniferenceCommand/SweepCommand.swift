import ArgumentParser
import ChildPrograms
import Foundation
import Inputs
import Reports
import Results
import Sweeps
import Synchronization

/// `uniference sweep`.
struct SweepCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract: "Predict a scenario for many values of its fields, into a table.",
    discussion: """
      Results go into a SQLite file as they come, a row for each point with everything that was set and predicted, for \
      pandas and others to read. A sweep that was ended goes on where it was when it is started again. A point that \
      fails is a row with its error.
      """)

  @Argument(help: ArgumentHelp("The sweep, a YAML file.", valueName: "sweep.yaml"))
  var path: String

  @Option(help: ArgumentHelp("The SQLite file of the results. (default: the sweep's name with .db)", valueName: "file"))
  var database: String?

  @Option(help: "What rows call the sweep, where several share a database. (default: the file's name)")
  var name: String?

  @Option(help: "How many points at the same time. (default: a point for each core)")
  var jobs: Int = ProcessInfo.processInfo.activeProcessorCount

  @Flag(help: "Predict points again that have failed before.")
  var retryFailed = false

  @Option(
    name: .customLong("where"),
    help: ArgumentHelp("Print rows that fulfil this SQL, such as 'tokens_per_second > 3'.", valueName: "sql"))
  var condition: String?

  @Option(help: ArgumentHelp("Order rows by this SQL, such as 'energy_j desc'.", valueName: "sql"))
  var orderBy: String?

  @Option(help: "Print at most so many rows. (default: 40, all with --csv and --json)")
  var limit: Int?

  @Option(help: ArgumentHelp("Also write all rows that are selected into a CSV file.", valueName: "file"))
  var csv: String?

  @OptionGroup var tables: TableOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  private static let shownRows = 40

  func validate() throws {
    if jobs < 1 { throw ValidationError("--jobs has to be at least 1.") }
    if let limit, limit < 0 { throw ValidationError("--limit cannot be less than 0.") }
  }

  func perform() async throws {
    let sweep = try Sweep(contentsOf: path)
    let stem = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
    let name = name ?? stem
    let databasePath = database ?? "\(stem).db"
    let plan = try sweep.plan()
    let results = try SweepDatabase(path: databasePath)
    let done = try run(plan.points, of: sweep, named: name, into: results, databasePath)
    if let csv {
      let rows = try results.rows(of: name, where: condition, orderedBy: orderBy, limit: limit)
      try TextFile.write(SweepTable(rows, of: sweep, plan.metrics).csv, to: csv)
    }
    let shown = limit ?? (json ? nil : Self.shownRows)
    let rows = try results.rows(of: name, where: condition, orderedBy: orderBy, limit: shown.map { $0 + 1 })
    if json {
      let selected = shown.map { Array(rows.prefix($0)) } ?? rows
      return try StandardOutput.print(
        try jsonText(SweepOutput(database: databasePath, sweep: name, progress: done, rows: selected)))
    }
    let hidden = shown.map { rows.count > $0 } ?? false
    let table = SweepTable(shown.map { Array(rows.prefix($0)) } ?? rows, of: sweep, plan.metrics)
    var text = rows.isEmpty ? "No row fulfils --where.\n" : table.text(tables.format)
    if hidden { text += "\nThere are more rows; --limit, --where and --order-by select others.\n" }
    text += "\n" + tables.format.wrapped(summary(done, databasePath)) + "\n"
    try StandardOutput.print(text, terminator: "")
  }

  private func run(
    _ points: [SweepPoint], of sweep: Sweep, named name: String, into results: SweepDatabase, _ databasePath: String
  ) throws -> SweepRunner.Progress {
    guard let program = Bundle.main.executablePath else {
      throw CommandFailure("this program does not find itself", CommandFailure.internalError)
    }
    let printer = ProgressPrinter(title: "predicting")
    defer { printer.finish() }
    let received = Mutex<Int32?>(nil)
    let signals = EndingSignals { number in
      guard
        received.withLock({ (first: inout Int32?) in
          defer { first = first ?? number }
          return first == nil
        })
      else { return }
      StandardError.say(
        "uniference: interrupted; points that have ended are in \(databasePath), and the same command goes on with the rest"
          .printableLine)
    }
    defer { signals.stop() }
    let runner = SweepRunner(points, of: sweep, named: name, into: results, program: program)
    let done = try runner.run(
      jobs: jobs, retriesFailed: retryFailed, isInterrupted: { received.withLock { $0 != nil } }
    ) { progress in
      guard progress.total > 0 else { return }
      let failed = progress.failed > 0 ? ", \(progress.failed) failed" : ""
      printer.update(
        fraction: Double(progress.ended) / Double(progress.total),
        detail: "\(progress.ended) of \(progress.total) points\(failed)")
    }
    // Programs that ran have ended by the signal, and this one with them. It is left to do where none ran just then.
    if let number = received.withLock({ $0 }) { EndingSignals.end(by: number) }
    return done
  }

  private func summary(_ done: SweepRunner.Progress, _ path: String) -> String {
    let failed = done.failed == 0 ? "" : ", \(done.failed) of which failed"
    let new = done.total == 0 ? "Every point was there already" : "\(done.total) points predicted\(failed)"
    return "\(new); all are in the table points of \(path).".printableLine
  }
}

/// What `uniference sweep --json` prints.
private struct SweepOutput: Encodable {
  let database: String
  let sweep: String
  let predicted: Int
  let failed: Int
  let points: [Point]

  init(database: String, sweep: String, progress: SweepRunner.Progress, rows: [SweepRow]) {
    self.database = database
    self.sweep = sweep
    predicted = progress.total
    failed = progress.failed
    points = rows.map(Point.init)
  }

  /// A row as an object, without what it does not have.
  struct Point: Encodable {
    let row: SweepRow

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Column.self)
      for (column, value) in row.values where value != .nothing {
        try container.encode(value, forKey: Column(stringValue: column))
      }
    }
  }

  private struct Column: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}
