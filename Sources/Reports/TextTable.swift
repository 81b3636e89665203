import Inputs

/// A table for people to read in a terminal.
///
///     var table = TextTable(columns: [.init("strategy"), .init("tokens/s", .right)])
///     table.append(["tensor", "12.4"])
///     print(table.rendered())
public struct TextTable: Sendable {
  /// To which side a column's cells keep. Numbers go right.
  public enum Alignment: Sendable {
    case left, right
  }

  /// A column's heading, and what becomes of it where there is little room.
  public struct Column: Sendable {
    /// The heading.
    public let title: String
    /// Where cells and heading keep to.
    public let alignment: Alignment
    /// The least width that cells are wrapped to; `nil` for cells that are never broken, such as numbers.
    let wrapsTo: Int?
    /// When the column is left out: those of 1 first; `nil` for never.
    let leftOut: Int?

    /// A column that keeps to the left unless told.
    ///
    /// - Parameters:
    ///   - wrapsTo: the least width that cells are wrapped to between words. Left columns wrap to 12 unless told, others
    ///     not at all.
    ///   - leftOut: where the table is still too wide, columns are left out in the order of these numbers.
    public init(_ title: String, _ alignment: Alignment = .left, wrapsTo: Int? = nil, leftOut: Int? = nil) {
      self.title = title.printable
      self.alignment = alignment
      self.wrapsTo = wrapsTo ?? (alignment == .left ? 12 : nil)
      self.leftOut = leftOut
    }
  }

  /// How the table is drawn.
  public struct Style: Sendable {
    /// Between two columns.
    let separator: String
    /// What the line under the headings is made of, and what it shows between two columns.
    let rule: Character
    let crossing: String
    /// Whether headings and the highlighted row are set in bold by ANSI escape codes.
    public var isEmphasized = false

    /// Lines of box-drawing characters.
    public static let box = Style(separator: " │ ", rule: "─", crossing: "─┼─")
    /// ASCII alone.
    public static let ascii = Style(separator: "  ", rule: "-", crossing: "  ")
  }

  private let columns: [Column]
  private var rows: [[String]] = []
  /// The row, counted from 0, that an emphasized style sets in bold.
  public var highlightedRow: Int?

  /// A table without rows.
  public init(columns: [Column]) { self.columns = columns }

  /// Adds a row. Cells left out at its end are empty. What a terminal would obey in a cell is written as an escape.
  public mutating func append(_ cells: [String]) {
    precondition(cells.count <= columns.count, "\(cells.count) cells do not fit \(columns.count) columns")
    rows.append(cells.map(\.printable) + Array(repeating: "", count: columns.count - cells.count))
  }

  /// The table without the columns in which every row has `-`, for nothing.
  public func withoutEmptyColumns() -> TextTable {
    let shown = columns.indices.filter { column in rows.isEmpty || rows.contains { $0[column] != "-" } }
    var table = TextTable(columns: shown.map { columns[$0] })
    table.rows = rows.map { row in shown.map { row[$0] } }
    table.highlightedRow = highlightedRow
    return table
  }

  /// The table's lines, each ended by a newline, without spaces at their ends.
  ///
  /// - Parameter maximumWidth: terminal columns there are. A table that is wider wraps headings and cells between words;
  ///   where that is not enough it leaves columns out in their order, and says which; where that is not enough either, each
  ///   row becomes a record of lines. Words and numbers are never broken.
  public func rendered(style: Style = .box, maximumWidth: Int? = nil) -> String {
    var shown = Array(columns.indices)
    var left: [Int] = []
    while true {
      let layout = TableLayout(
        columns: shown.map { columns[$0] }, rows: rows.map { row in shown.map { row[$0] } }, style)
      if let widths = layout.widths(fitting: maximumWidth) {
        return layout.lines(widths, highlightedRow).map { $0 + "\n" }.joined() + note(left, maximumWidth ?? .max)
      }
      guard
        let next = shown.compactMap({ column in columns[column].leftOut.map { (order: $0, column: column) } })
          .min(by: { $0.order < $1.order })
      else { return records(style, maximumWidth ?? .max) }
      shown.removeAll { $0 == next.column }
      left.append(next.column)
    }
  }

  /// Whether the table has room for every column and need not wrap any cell.
  public func fits(_ format: TableFormat) -> Bool {
    guard let width = format.width else { return true }
    return TableLayout(columns: columns, rows: rows, format.style).fits(width)
  }

  /// The table in a format.
  public func rendered(_ format: TableFormat) -> String {
    rendered(style: format.style, maximumWidth: format.width)
  }

  private func note(_ left: [Int], _ width: Int) -> String {
    guard !left.isEmpty else { return "" }
    let titles = left.sorted().map { columns[$0].title.isEmpty ? "column \($0 + 1)" : columns[$0].title }
    return wrapped("Left out for want of width: \(titles.joined(separator: ", ")); --wide shows all.", width: width)
      + "\n"
  }

  /// A block of lines for each row, a cell a line under its heading's name.
  private func records(_ style: Style, _ width: Int) -> String {
    let titleWidth = columns.reduce(0) { max($0, displayWidth($1.title)) }
    let blocks = rows.enumerated().map { index, row in
      let lines = columns.indices.filter { !row[$0].isEmpty }.flatMap { column in
        let title = columns[column].title
        let lead = title + String(repeating: " ", count: titleWidth - displayWidth(title) + 2)
        return wrapped(row[column], width: max(1, width - titleWidth - 2)).split(separator: "\n").enumerated().map {
          ($0.offset == 0 ? lead : String(repeating: " ", count: titleWidth + 2)) + $0.element
        }
      }
      let text = lines.joined(separator: "\n")
      return style.isEmphasized && index == highlightedRow ? text.inBold + "\n" : text + "\n"
    }
    return blocks.joined(separator: "\n")
  }
}
