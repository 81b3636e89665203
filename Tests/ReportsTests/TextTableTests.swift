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

  @Test func columnsAlignInBoxes() {
    #expect(
      table.rendered() == """
        strategy   │ tokens/s │ note
        ───────────┼──────────┼───────────────────────────────────────────────
        tensor=4   │     12.4 │ all-reduce of every layer waits for the switch
        pipeline=4 │   103.25 │
        séquence   │        7 │ fits

        """)
  }

  @Test func columnsAlignInASCII() {
    #expect(
      table.rendered(style: .ascii) == """
        strategy    tokens/s  note
        ----------  --------  ----------------------------------------------
        tensor=4        12.4  all-reduce of every layer waits for the switch
        pipeline=4    103.25
        séquence           7  fits

        """)
  }

  @Test func aNarrowTerminalWrapsWords() {
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

  @Test func numbersAreNeverBroken() {
    var table = TextTable(columns: [.init("a"), .init("b", .right)])
    table.append(["one two", "1234567890"])
    #expect(
      table.rendered(style: .ascii, maximumWidth: 4) == "a             b\n---  ----------\none  1234567890\ntwo\n")
  }

  @Test func onlyAnEmphasizedStyleHasEscapeCodes() {
    var table = TextTable(columns: [.init("a")])
    table.append(["x"])
    table.append(["y"])
    table.highlightedRow = 1
    #expect(table.rendered(style: .ascii) == "a\n-\nx\ny\n")
    var style = TextTable.Style.ascii
    style.isEmphasized = true
    #expect(table.rendered(style: style) == "\u{1B}[1ma\u{1B}[0m\n-\nx\n\u{1B}[1my\u{1B}[0m\n")
  }

  @Test(arguments: [("abc", 3), ("é", 1), ("e\u{301}", 1), ("デバイス", 8), ("✅", 2), ("│", 1), ("µs", 2), ("", 0)])
  func widthsAreThoseOfATerminal(text: String, width: Int) {
    #expect(displayWidth(text) == width)
  }
}
