import ArgumentParser
import Foundation
import Inputs
import Results

/// Options of the commands that show how accurate predictions are: where the report goes, and what is demanded.
struct AccuracyReportOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Also write the report as Markdown here, with its plot (.svg) and its points (.json) beside it.",
      valueName: "report.md"))
  var report: String?

  @Option(help: ArgumentHelp("Fail when the mean accuracy is below this many percent.", valueName: "percent"))
  var atLeast: Double?

  @OptionGroup var tables: TableOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  /// Writes the report, its plot and its points, if a report is wanted.
  ///
  /// - Parameter page: the page, given the report's path and the plot's file name.
  func write(
    plot: @autoclosure () -> String, points: @autoclosure () throws -> String,
    page: (_ path: String, _ plot: String) -> String
  ) throws {
    guard let report else { return }
    let base = report.hasSuffix(".md") ? String(report.dropLast(3)) : report
    try TextFile.write(page(report, PathName(base).name + ".svg"), to: report)
    try TextFile.write(plot(), to: base + ".svg")
    try TextFile.write(try points() + "\n", to: base + ".json")
  }

  /// Throws unless the mean accuracy, a share, is what was asked for.
  func check(mean: Double) throws {
    guard let atLeast, 100 * mean < atLeast else { return }
    throw CommandFailure(
      "the mean accuracy is \(100 * mean)%, less than the \(atLeast)% that were asked for", CommandFailure.badInput)
  }
}
