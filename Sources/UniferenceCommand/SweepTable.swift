import Foundation
import Inputs
import Predictions
import Reports
import Sweeps

/// Rows of a sweep for people and for spreadsheets.
struct SweepTable {
  private let rows: [SweepRow]
  private let fields: [String]
  private let metrics: [Metric]

  /// - Parameter metrics: what predictions of the sweep's scenario state.
  init(_ rows: [SweepRow], of sweep: Sweep, _ metrics: [Metric]) {
    self.rows = rows
    let strategies = Set(rows.map { $0["strategy"] })
    fields =
      sweep.fields.map(\.path) + (sweep.repetitions > 1 ? ["seed"] : [])
      + (strategies.count > 1 && !sweep.fields.contains { $0.path == "strategy" } ? ["strategy"] : [])
    self.metrics = metrics
  }

  /// What was set, and the figures that `simulate` shows.
  func text(_ format: TableFormat) -> String {
    let hasErrors = rows.contains { $0["error"] != .nothing }
    var table = TextTable(
      columns: fields.map { field in .init(heading(field), rows.allSatisfy { $0[field].isNumber } ? .right : .left) }
        + metrics.enumerated().map { index, metric in
          .init(metric.heading, .right, leftOut: index < 2 ? nil : metrics.count - index)
        } + (hasErrors ? [.init("error", wrapsTo: 24)] : []))
    for row in rows {
      table.append(
        fields.map { Self.written(row[$0]) } + metrics.map { Self.text(of: $0, in: row) }
          + (hasErrors ? [Self.cell(row["error"])] : []))
    }
    return table.rendered(format)
  }

  /// A field's last name, where that tells it from the others.
  private func heading(_ field: String) -> String {
    func last(_ path: String) -> Substring { path.split(separator: ".").last ?? Substring(path) }
    return fields.count { last($0) == last(field) } == 1 ? String(last(field)) : field
  }

  private static func text(of metric: Metric, in row: SweepRow) -> String {
    if case .number(let number) = row[metric.name] { metric.unit.text(of: number) } else { "-" }
  }

  /// All columns, by RFC 4180.
  var csv: String {
    let columns = rows.first?.values.map(\.column) ?? []
    let lines = [columns] + rows.map { row in row.values.map { Self.cell($0.value) } }
    return lines.map { $0.map(Self.quoted).joined(separator: ",") + "\n" }.joined()
  }

  private static func cell(_ value: SweepRow.Value) -> String {
    switch value {
    case .nothing: ""
    case .number(let number): Int(exactly: number).map { "\($0)" } ?? "\(number)"
    case .text(let text): text
    }
  }

  private static func written(_ value: SweepRow.Value) -> String { value == .nothing ? "-" : cell(value) }

  private static func quoted(_ cell: String) -> String {
    let isPlain = !cell.contains { $0 == "," || $0 == "\"" || $0.isNewline }
    return isPlain ? cell : "\"\(cell.replacing("\"", with: "\"\""))\""
  }
}

extension SweepRow.Value {
  fileprivate var isNumber: Bool { if case .number = self { true } else { false } }
}
