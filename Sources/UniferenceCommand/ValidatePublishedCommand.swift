import ArgumentParser
import Foundation
import Inputs
import Ledger
import ProgramLibraries
import Quantities
import Reports
import Results
import SimulationKernel
import Synchronization
import Uniference

/// `uniference validate published`.
struct ValidatePublishedCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "published",
    abstract: "Show predictions beside measurements that others have published, by category.",
    discussion: """
      Without files, it takes the cases that come with Uniference. A file of your own has a list of cases, each a \
      scenario or a collective with its measured metrics and its source; Documentation/validation.md describes them.
      """)

  @Argument(help: ArgumentHelp("Files of cases instead of the shipped ones.", valueName: "cases.yaml"))
  var files: [String] = []

  @Option(help: ArgumentHelp("Take the cases of this category alone; may be repeated.", valueName: "name"))
  var category: [String] = []

  @Flag(help: "Take the cases of served models, which are many, instead of the others.")
  var serving = false

  @Flag(help: "Leave out the cases that are marked as slow.")
  var quick = false

  @Flag(
    help: """
      Write what follows from the shipped cases anew: the residuals that intervals are made of, and the floors that \
      --check goes by.
      """)
  var update = false

  @Flag(help: "Fail when the mean accuracy of a category is lower than it was at the last --update.")
  var check = false

  @OptionGroup var output: AccuracyReportOptions

  func validate() throws {
    if !files.isEmpty && serving { throw ValidationError("--serving is of the shipped cases; leave the files out.") }
    if !files.isEmpty && (update || check) {
      throw ValidationError("--update and --check are of the shipped cases; leave the files out.")
    }
    if update && check { throw ValidationError("--update writes what --check compares with; choose one.") }
    if update && (quick || !category.isEmpty) {
      throw ValidationError("--update needs all shipped cases; leave --quick and --category out.")
    }
  }

  func perform() async throws {
    let (paths, folder) = try caseFiles()
    let collection = try wanted(CaseCollection(contentsOf: paths, isQuick: quick))
    let ledger = try run(collection, intervals: update ? nil : folder?.residuals())
    if update, let folder { try write(ledger, of: collection, to: folder) }
    try writeReport(ledger)
    try StandardOutput.print(output.json ? try jsonText(ledger) : ledger.text(output.tables.format))
    try judge(ledger, folder)
  }

  private func writeReport(_ ledger: PublishedLedger) throws {
    func command(_ path: String) -> String {
      let words =
        ["uniference validate published"] + files + (serving ? ["--serving"] : []) + (update ? ["--update"] : [])
      return (words + ["--report", path]).joined(separator: " ")
    }
    // There are thousands of points of serving, so that the page has their sums alone.
    if serving, let path = output.report {
      return try TextFile.write(ledger.servingMarkdown(command: command(path)), to: path)
    }
    try output.write(plot: ledger.plot, points: jsonText(ledger)) { path, plot in
      ledger.markdown(command: command(path), plot: plot)
    }
  }

  private func caseFiles() throws -> ([String], PublishedFolder?) {
    let folder = PublishedFolder.shipped
    if !files.isEmpty { return (files, folder) }
    if serving, let cases = folder?.serving, !cases.caseFiles.isEmpty { return (cases.caseFiles, cases) }
    guard let folder, !folder.caseFiles.isEmpty else {
      throw CommandFailure(
        "the folder Published of the shipped cases is neither beside nor above this program, nor in share/uniference; "
          + "name files of cases", CommandFailure.unavailable)
    }
    return (folder.caseFiles, folder)
  }

  private func wanted(_ collection: CaseCollection) throws -> CaseCollection {
    for name in category where !collection.categories.contains(name) {
      throw CommandFailure(
        "--category: " + unknownNameMessage("category", name, allowed: collection.categories), CommandFailure.badInput)
    }
    let wanted = collection.filtered {
      (category.isEmpty || !Set(category).isDisjoint(with: $0.categories)) && !(quick && $0.isSlow)
    }
    guard !wanted.cases.isEmpty else {
      throw CommandFailure("there are no cases left; leave --quick out", CommandFailure.badInput)
    }
    return wanted
  }

  private func run(_ collection: CaseCollection, intervals: ResidualTable?) throws -> PublishedLedger {
    let count = collection.cases.count
    let progress = Mutex(CaseProgress(LongProgress(title: "predicting")))
    defer { progress.withLock { $0.shown.finish() } }
    let ledger = try Interruption.bySignals { interruption in
      try LedgerRunner(collection, intervals: intervals, executable: Bundle.main.executablePath).run(
        interruption: interruption
      ) { share, id in
        progress.withLock { $0.ended(id, share: share, of: count) }
      }
    }
    // Intervals of the shipped cases are those that will be committed with them.
    return update ? ledger.withIntervals(ledger.residuals) : ledger
  }

  /// How many cases have ended. Most take milliseconds, so that not every one is shown.
  private struct CaseProgress {
    let shown: LongProgress
    private var count = 0
    private var lastShown = ContinuousClock.now

    init(_ shown: sending LongProgress) { self.shown = shown }

    mutating func ended(_ id: String, share: Double, of total: Int) {
      count += 1
      guard ContinuousClock.now - lastShown > .seconds(1) else { return }
      lastShown = .now
      shown.update(share: share, secondsLeft: nil, detail: "\(count) of \(total), \(id)")
    }
  }

  private func write(_ ledger: PublishedLedger, of collection: CaseCollection, to folder: PublishedFolder) throws {
    let slow = Set(collection.cases.filter(\.isSlow).map(\.id))
    // There are no intervals of serving.
    if !serving { try TextFile.write(try jsonText(ledger.residuals) + "\n", to: folder.residualsPath) }
    try TextFile.write(try jsonText(AccuracyFloors(ledger, slow: slow)) + "\n", to: folder.floorsPath)
  }

  private func judge(_ ledger: PublishedLedger, _ folder: PublishedFolder?) throws {
    if check, let folder {
      let violations = try AccuracyFloors(contentsOf: folder.floorsPath).violations(by: ledger, isQuick: quick)
      if !violations.isEmpty {
        throw CommandFailure(violations.joined(separator: "; "), CommandFailure.badInput)
      }
    }
    try output.check(mean: ledger.overall.mean)
  }
}
