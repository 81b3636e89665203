/// Text that comes from a file, from a path or from a script, and is about to be shown on a terminal or in a report.
extension StringProtocol {
  /// The text with what a terminal would obey written as escapes: control characters (among them the beginning of every
  /// escape sequence), line and paragraph separators, and marks that turn the direction of writing.
  ///
  ///     "a\u{1B}[2Jb".printable == "a\\u{1B}[2Jb"
  public var printable: String { escaping { $0.isObeyedByTerminals } }

  /// The text as one line of an error: printable, and without its middle where a path or value of thousands of characters
  /// makes it more than one can read.
  public var printableLine: String {
    let text = printable
    return text.count > 900 ? "\(text.prefix(500))...\(text.suffix(300))" : text
  }

  /// The same for a text of several lines, whose line breaks stay.
  public var printableLines: String { escaping { $0 != "\n" && $0.isObeyedByTerminals } }

  /// The same for a text with tables: lines that are bold as a whole, as ``inBold`` makes them, stay so.
  public var printableTables: String {
    guard contains(Emphasis.begin) else { return printableLines }
    return split(separator: "\n", omittingEmptySubsequences: false).map { line in
      guard line.hasPrefix(Emphasis.begin), line.hasSuffix(Emphasis.end) else { return line.printable }
      return line.dropFirst(Emphasis.begin.count).dropLast(Emphasis.end.count).printable.inBold
    }.joined(separator: "\n")
  }

  /// The text as a terminal shows it in bold.
  public var inBold: String { "\(Emphasis.begin)\(self)\(Emphasis.end)" }

  private func escaping(_ isEscaped: (Unicode.Scalar) -> Bool) -> String {
    guard unicodeScalars.contains(where: isEscaped) else { return String(self) }
    var text = ""
    for scalar in unicodeScalars {
      if isEscaped(scalar) { text += scalar.visibleEscape } else { text.unicodeScalars.append(scalar) }
    }
    return text
  }
}

/// Codes of ANSI terminals.
private enum Emphasis {
  static let begin = "\u{1B}[1m"
  static let end = "\u{1B}[0m"
}

extension Unicode.Scalar {
  /// Whether a terminal or an editor does something at it instead of showing it.
  fileprivate var isObeyedByTerminals: Bool {
    switch value {
    // C0, DEL and C1; line and paragraph separators; embeddings, overrides and isolates of the writing direction.
    case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
  }

  fileprivate var visibleEscape: String {
    switch self {
    case "\n": "\\n"
    case "\t": "\\t"
    case "\r": "\\r"
    default: "\\u{\(String(value, radix: 16, uppercase: true))}"
    }
  }
}
