import ArgumentParser
import Foundation
import Reports
import Results
import Uniference

/// `uniference show`.
struct ShowCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show where the time of a recorded run went, and its memory and traffic.",
    discussion: """
      Time by device, phase, part of the model, operation, collective and call of the script; who waited for whom; the \
      busiest links; memory. What records of earlier versions do not hold is left out.
      """)

  @Argument(
    help: ArgumentHelp("A run record: its folder, or its name in the list of uniference runs.", valueName: "run"))
  var record: String

  @Flag(help: "Show all rows of every table.")
  var all = false

  @OptionGroup var tables: TableOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  func perform() async throws {
    let record = try RunRecord.read(from: RecordFolder.path(ofRecord: record))
    let shown = ShownRecord(record.manifest, try RunProfile(record))
    try StandardOutput.print(json ? try jsonText(shown) : shown.text(tables.format, limit: all ? nil : 12))
  }
}
