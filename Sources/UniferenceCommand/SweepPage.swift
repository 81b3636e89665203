import ChildPrograms
import Foundation
import Reports
import Results
import Sweeps

/// The page of a sweep's database.
enum SweepPage {
  /// - Parameter sweep: which one, where the database holds several.
  static func make(_ path: String, sweep: String?) throws -> (ReportPage, name: String) {
    let database = try SweepDatabase(reading: path)
    let names = try database.sweeps()
    guard !names.isEmpty else { throw CommandFailure("\(path): holds no points yet", CommandFailure.badInput) }
    guard let name = sweep ?? (names.count == 1 ? names[0] : nil) else {
      throw CommandFailure(
        "\(path): holds several sweeps; choose one by --sweep: \(names.joined(separator: ", "))",
        CommandFailure.badInput)
    }
    guard names.contains(name) else {
      throw CommandFailure(
        "\(path): has no sweep \(name); it has \(names.joined(separator: ", "))", CommandFailure.badInput)
    }
    let page = try ReportPage(.sweep, title: name, data: SweepPageData(name, rows: try database.rows(of: name)))
    return (page, URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent)
  }
}

/// A sweep's rows as columns, without those in which all values are the same and those of no use in a chart.
private struct SweepPageData: Encodable {
  struct Column: Encodable {
    let name: String
    /// `input`, `metric` or `about`, which is said of the point itself.
    let role: String
    let values: [SweepRow.Value]
  }

  let name: String
  let points: Int
  let failed: Int
  let columns: [Column]
  /// Columns in which every point has the same.
  let constants: [String: SweepRow.Value]

  private static let about: Set<String> = ["number", "seed", "status", "error"]
  private static let leftOut: Set<String> = ["sweep", "key", "wall_s", "event_log_sha256", "record", "trace"]

  init(_ name: String, rows: [SweepRow]) {
    self.name = name
    points = rows.count
    failed = rows.count { $0["status"] == .text("failed") }
    var columns: [Column] = []
    var constants: [String: SweepRow.Value] = [:]
    let names = rows.first.map { $0.values.map(\.column) } ?? []
    for (index, column) in names.enumerated() where !Self.leftOut.contains(column) {
      let values = rows.map { $0.values[index].value }
      let distinct = Set(values)
      if distinct.count == 1, column != "number" {
        if let value = distinct.first, value != .nothing { constants[column] = value }
        continue
      }
      let isInput = column.contains(".") && !column.hasPrefix("interval.") && !column.hasSuffix(".max")
      let role = Self.about.contains(column) ? "about" : isInput || column == "strategy" ? "input" : "metric"
      columns.append(Column(name: column, role: role, values: values))
    }
    self.columns = columns
    self.constants = constants
  }
}
