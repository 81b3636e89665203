import Foundation
import Testing

@testable import Reports

@Suite struct TextTableTests {
  private var table: TextTable {
    var table = TextTable(columns: [.init("strategy"), .init("tokens/s", .right), .init("note")])
    table.append(["tensor=4", "12.4", "all-reduce of every layer waits for the switch"])
    table.append(["pipeline=4", "103.25"])
    table.append(["séquence", "7", "fits"])
    return table
  }

  @Test("columns align in boxes")
  func columnsAlignInBoxes() {
    #expect(
      table.rendered() == """
        strategy   │ tokens/s │ note
        ───────────┼──────────┼───────────────────────────────────────────────
        tensor=4   │     12.4 │ all-reduce of every layer waits for the switch
        pipeline=4 │   103.25 │
        séquence   │        7 │ fits

        """)
  }

  @Test("columns align in ASCII")
  func columnsAlignInASCII() {
    #expect(
      table.rendered(style: .ascii) == """
        strategy    tokens/s  note
        ----------  --------  ----------------------------------------------
        tensor=4        12.4  all-reduce of every layer waits for the switch
        pipeline=4    103.25
        séquence           7  fits

        """)
  }

  @Test("a narrow terminal wraps words")
  func aNarrowTerminalWrapsWords() {
    #expect(
      table.rendered(style: .ascii, maximumWidth: 44) == """
        strategy    tokens/s  note
        ----------  --------  ----------------------
        tensor=4        12.4  all-reduce of every
                              layer waits for the
                              switch
        pipeline=4    103.25
        séquence           7  fits

        """)
  }

  @Test("headings wrap above the rule")
  func headingsWrapAboveTheRule() {
    var table = TextTable(columns: [.init("strategy"), .init("energy per token", .right), .init("busy", .right)])
    table.append(["single", "11 J", "15.4%"])
    #expect(
      table.rendered(style: .ascii, maximumWidth: 27) == """
                  energy per
        strategy       token   busy
        --------  ----------  -----
        single          11 J  15.4%

        """)
  }

  @Test("columns are left out in their order and named")
  func columnsAreLeftOutInTheirOrderAndNamed() {
    var table = TextTable(columns: [
      .init("id"), .init("second", .right, leftOut: 2), .init("first", .right, leftOut: 1), .init("kept", .right),
    ])
    table.append(["a", "123456789", "123456789", "123456789"])
    let one = table.rendered(style: .ascii, maximumWidth: 24)
    #expect(one.hasPrefix("id     second       kept\n--  ---------  ---------\na   123456789  123456789\n"))
    #expect(one.hasSuffix("Left out for want of\nwidth: first; --wide\nshows all.\n"))
    let two = table.rendered(style: .ascii, maximumWidth: 23)
    #expect(two.hasPrefix("id       kept\n--  ---------\na   123456789\n"))
    #expect(two.contains("width: second, first;"))
  }

  @Test("what is still too wide becomes records")
  func whatIsStillTooWideBecomesRecords() {
    var table = TextTable(columns: [.init("name"), .init("figure", .right), .init("note")])
    table.append(["one two", "1234567890", "a note of several words"])
    table.append(["three", "7"])
    #expect(
      table.rendered(style: .ascii, maximumWidth: 20) == """
        name    one two
        figure  1234567890
        note    a note of
                several
                words

        name    three
        figure  7

        """)
  }

  @Test("figures stay with their units")
  func figuresStayWithTheirUnits() {
    var table = TextTable(columns: [.init("id"), .init("memory", .right, wrapsTo: 4)])
    table.append(["a", "17.07\u{A0}GB/s [12]"])
    #expect(
      table.rendered(style: .ascii, maximumWidth: 14)
        == "id      memory\n--  ----------\na   17.07 GB/s\n          [12]\n")
  }

  @Test(
    "texts break where readers expect it",
    arguments: [
      ("tensor=2,pipeline=2", 12, ["tensor=2,", "pipeline=2"]),
      ("model.layers.0.self_attn.q_proj.weight", 20, ["model.layers.0.", "self_attn.q_proj.", "weight"]),
      ("see https://example.org/a,b/c.d?e", 10, ["see", "https://example.org/a,b/c.d?e"]),
      ("0,1|2,3 = 0.5 Gbps", 8, ["0,1|2,3", "= 0.5", "Gbps"]), ("short", 10, ["short"]), ("", 10, [""]),
    ])
  func textsBreakWhereReadersExpectIt(text: String, width: Int, lines: [String]) {
    #expect(wrappedLines(text, width: width) == lines)
  }

  /// Whatever the table, no line is wider than asked for, unless a single word is.
  @Test("every table fits")
  func everyTableFits() {
    var generator = SystemRandomNumberGenerator()
    let seed = UInt64.random(in: 0...(.max), using: &generator)
    var random = SplitMix(seed)
    for _ in 0..<300 {
      let columns = (0..<Int.random(in: 1...9, using: &random)).map { index in
        TextTable.Column(
          String(repeating: "head ", count: Int.random(in: 0...3, using: &random)) + "h\(index)",
          Bool.random(using: &random) ? .left : .right, leftOut: [nil, 1, 2, 3].randomElement(using: &random) ?? nil)
      }
      var table = TextTable(columns: columns)
      for _ in 0..<Int.random(in: 0...4, using: &random) {
        table.append(
          columns.map { _ in
            (0..<Int.random(in: 0...5, using: &random)).map { _ in
              String(repeating: "x", count: Int.random(in: 1...9, using: &random))
            }.joined(separator: " ")
          })
      }
      for width in [30, 80, 100, 200] {
        let text = table.rendered(maximumWidth: width)
        #expect(text.split(separator: "\n").allSatisfy { displayWidth(String($0)) <= width }, "seed \(seed)\n\(text)")
      }
    }
  }

  @Test(
    "what is no terminal has a stated width",
    arguments: [
      ([:], false, 100), (["COLUMNS": "132"], false, 132), (["COLUMNS": "132"], true, nil), ([:], true, nil),
      (["COLUMNS": "0"], false, 100), (["COLUMNS": "wide"], false, 100),
    ])
  func whatIsNoTerminalHasAStatedWidth(environment: [String: String], isWide: Bool, width: Int?) throws {
    let file = open("/dev/null", O_WRONLY)
    defer { close(file) }
    let format = TableFormat(for: file, isWide: isWide, environment: environment)
    #expect(format.width == width && !format.style.isEmphasized)
  }

  @Test("only an emphasized style has escape codes")
  func onlyAnEmphasizedStyleHasEscapeCodes() {
    var table = TextTable(columns: [.init("a")])
    table.append(["x"])
    table.append(["y"])
    table.highlightedRow = 1
    #expect(table.rendered(style: .ascii) == "a\n-\nx\ny\n")
    var style = TextTable.Style.ascii
    style.isEmphasized = true
    #expect(table.rendered(style: style) == "\u{1B}[1ma\u{1B}[0m\n-\nx\n\u{1B}[1my\u{1B}[0m\n")
  }

  @Test(
    "widths are those of a terminal",
    arguments: [("abc", 3), ("é", 1), ("e\u{301}", 1), ("デバイス", 8), ("✅", 2), ("│", 1), ("µs", 2), ("", 0)])
  func widthsAreThoseOfATerminal(text: String, width: Int) {
    #expect(displayWidth(text) == width)
  }
}
