import Documents
import Foundation

/// Measurements as somebody has published them: a table of comma-separated values, whose first line names the columns.
struct MeasuredTable: Sendable {
  /// One measurement.
  struct Row: Sendable {
    /// Values by column.
    let values: [String: String]
    /// Where it is written.
    let line: Int
    let file: String

    /// - Throws: naming file, line and column, where there is no such column.
    func text(_ column: String) throws(DocumentError) -> String {
      guard let value = values[column] else { throw error(column, "there is no such column") }
      return value
    }

    /// A positive number.
    func number(_ column: String) throws(DocumentError) -> Double {
      let text = try text(column)
      guard let number = Double(text), number.isFinite, number > 0 else {
        throw error(column, "\"\(text)\" is not allowed: write a positive number")
      }
      return number
    }

    /// A positive whole number.
    func integer(_ column: String) throws(DocumentError) -> Int {
      let text = try text(column)
      guard let integer = Int(text), integer > 0 else {
        throw error(column, "\"\(text)\" is not allowed: write a positive whole number")
      }
      return integer
    }

    private func error(_ column: String, _ message: String) -> DocumentError {
      DocumentError(.file(file, line: line), field: column, message)
    }
  }

  let rows: [Row]

  /// Reads a table. Lines that begin with `#` are remarks.
  ///
  /// - Throws: for a line that has not as many values as there are columns.
  init(_ document: DocumentText) throws(DocumentError) {
    var columns: [String]?
    var rows: [Row] = []
    for (index, line) in document.text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let line = line.hasSuffix("\r") ? line.dropLast() : line
      guard !line.isEmpty, !line.hasPrefix("#") else { continue }
      let values = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      guard let names = columns else {
        columns = values
        continue
      }
      guard values.count == names.count else {
        throw DocumentError(
          .file(document.path, line: index + 1), field: "",
          "the line has \(values.count) values, and there are \(names.count) columns: \(names.joined(separator: ", "))")
      }
      rows.append(
        Row(
          values: Dictionary(zip(names, values), uniquingKeysWith: { first, _ in first }), line: index + 1,
          file: document.path))
    }
    self.rows = rows
  }
}
