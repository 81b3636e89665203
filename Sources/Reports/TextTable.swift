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

  /// A column's heading and alignment.
  public struct Column: Sendable {
    /// The heading.
    public let title: String
    /// Where cells and heading keep to.
    public let alignment: Alignment

    /// A column that keeps to the left unless told.
    public init(_ title: String, _ alignment: Alignment = .left) {
      self.title = title.printable
      self.alignment = alignment
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

  /// The table's lines, each ended by a newline, without spaces at their ends.
  ///
  /// - Parameter maximumWidth: terminal columns there are. A table that is wider wraps the words of its widest
  ///   left-aligned columns; numbers and headings are never broken.
  public func rendered(style: Style = .box, maximumWidth: Int? = nil) -> String {
    let widths = columnWidths(separatorWidth: displayWidth(style.separator), maximumWidth: maximumWidth)
    var lines = lines(of: columns.map(\.title), widths: widths, style: style, bold: true)
    lines.append(widths.map { String(repeating: style.rule, count: $0) }.joined(separator: style.crossing))
    for (index, row) in rows.enumerated() {
      lines += self.lines(of: row, widths: widths, style: style, bold: index == highlightedRow)
    }
    return lines.map { $0 + "\n" }.joined()
  }

  private func columnWidths(separatorWidth: Int, maximumWidth: Int?) -> [Int] {
    var widths = columns.indices.map { column in
      rows.reduce(displayWidth(columns[column].title)) { max($0, displayWidth($1[column])) }
    }
    guard let maximumWidth else { return widths }
    let least = columns.indices.map { column in
      let cells = [columns[column].title] + rows.map { $0[column] }
      return cells.flatMap { $0.split(separator: " ") }.reduce(0) { max($0, displayWidth(String($1))) }
    }
    let separators = separatorWidth * (columns.count - 1)
    while widths.reduce(separators, +) > maximumWidth {
      let shrinkable = columns.indices.filter { columns[$0].alignment == .left && widths[$0] > least[$0] }
      guard let widest = shrinkable.max(by: { widths[$0] < widths[$1] }) else { break }
      widths[widest] -= 1
    }
    return widths
  }

  private func lines(of cells: [String], widths: [Int], style: Style, bold: Bool) -> [String] {
    let wrapped = columns.indices.map { wrap(cells[$0], width: widths[$0]) }
    let height = wrapped.reduce(1) { max($0, $1.count) }
    return (0..<height).map { line in
      let texts = columns.indices.map { column in
        let text = line < wrapped[column].count ? wrapped[column][line] : ""
        let padding = String(repeating: " ", count: max(0, widths[column] - displayWidth(text)))
        return columns[column].alignment == .left ? text + padding : padding + text
      }
      var joined = texts.joined(separator: style.separator)
      while joined.last == " " { joined.removeLast() }
      return style.isEmphasized && bold ? "\u{1B}[1m\(joined)\u{1B}[0m" : joined
    }
  }

  /// Breaks `text` at spaces into lines of at most `width` columns; a longer word has a line of its own.
  private func wrap(_ text: String, width: Int) -> [String] {
    guard displayWidth(text) > width else { return [text] }
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, displayWidth(last) + 1 + displayWidth(String(word)) <= width {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}
