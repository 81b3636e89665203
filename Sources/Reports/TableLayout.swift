import Inputs

/// Some columns of a table, laid out in a width.
struct TableLayout {
  private let columns: [TextTable.Column]
  private let rows: [[String]]
  private let style: TextTable.Style

  init(columns: [TextTable.Column], rows: [[String]], _ style: TextTable.Style) {
    self.columns = columns
    self.rows = rows
    self.style = style
  }

  /// The columns' widths; `nil` where they cannot be so narrow.
  func widths(fitting maximum: Int?) -> [Int]? {
    let widths = columns.indices.map { column in
      rows.reduce(displayWidth(columns[column].title)) { max($0, displayWidth($1[column])) }
    }
    guard let maximum else { return widths }
    // Headings wrap first, once for the whole table; only then cells, which lengthens rows.
    let cells = cellWidths
    return shrunk(widths, to: cells, maximum) ?? shrunk(cells, to: columns.indices.map(leastWidth), maximum)
  }

  /// Whether no cell needs to be wrapped.
  func fits(_ maximum: Int) -> Bool {
    let separators = displayWidth(style.separator) * (columns.count - 1)
    return cellWidths.reduce(separators, +) <= maximum
  }

  /// As wide as the widest cell, and as the longest word of a heading.
  private var cellWidths: [Int] {
    columns.indices.map { column in
      rows.reduce(longestPiece(columns[column].title)) { max($0, displayWidth($1[column])) }
    }
  }

  /// The widths, the widest of which give way first; `nil` where they do not fit at their least.
  private func shrunk(_ widths: [Int], to least: [Int], _ maximum: Int) -> [Int]? {
    var widths = widths
    let separators = displayWidth(style.separator) * (columns.count - 1)
    while widths.reduce(separators, +) > maximum {
      let shrinkable = columns.indices.filter { widths[$0] > least[$0] }
      guard let widest = shrinkable.max(by: { widths[$0] < widths[$1] }) else { return nil }
      widths[widest] -= 1
    }
    return widths
  }

  /// Headings wrap between words, cells as their column says.
  private func leastWidth(of column: Int) -> Int {
    let heading = longestPiece(columns[column].title)
    guard let wrapsTo = columns[column].wrapsTo else {
      return rows.reduce(heading) { max($0, displayWidth($1[column])) }
    }
    let natural = rows.reduce(0) { max($0, displayWidth($1[column])) }
    return rows.reduce(max(heading, min(natural, wrapsTo))) { max($0, longestPiece($1[column])) }
  }

  private func longestPiece(_ text: String) -> Int { pieces(of: text).reduce(0) { max($0, displayWidth($1.text)) } }

  func lines(_ widths: [Int], _ highlightedRow: Int?) -> [String] {
    var lines = lines(of: columns.map(\.title), widths: widths, bold: true, keepingToBottom: true)
    lines.append(widths.map { String(repeating: style.rule, count: $0) }.joined(separator: style.crossing))
    for (index, row) in rows.enumerated() {
      lines += self.lines(of: row, widths: widths, bold: index == highlightedRow, keepingToBottom: false)
    }
    return lines
  }

  /// - Parameter keepingToBottom: whether cells of fewer lines than others stand at the bottom, as headings do.
  private func lines(of cells: [String], widths: [Int], bold: Bool, keepingToBottom: Bool) -> [String] {
    let parts = columns.indices.map { wrappedLines(cells[$0], width: widths[$0]) }
    let height = parts.reduce(1) { max($0, $1.count) }
    return (0..<height).map { line in
      let texts = columns.indices.map { column in
        let index = keepingToBottom ? line - (height - parts[column].count) : line
        let text = parts[column].indices.contains(index) ? parts[column][index] : ""
        let padding = String(repeating: " ", count: max(0, widths[column] - displayWidth(text)))
        return columns[column].alignment == .left ? text + padding : padding + text
      }
      var joined = texts.joined(separator: style.separator).replacing("\u{A0}", with: " ")
      while joined.last == " " { joined.removeLast() }
      return style.isEmphasized && bold ? joined.inBold : joined
    }
  }
}
