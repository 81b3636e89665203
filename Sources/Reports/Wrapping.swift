/// The text in lines of at most `width` terminal columns, broken between words; its own line breaks stay. A word that is
/// longer has a line of its own. Later lines of a paragraph begin with `indent` spaces.
public func wrapped(_ text: String, width: Int, indent: Int = 0) -> String {
  text.split(separator: "\n", omittingEmptySubsequences: false).map { paragraph in
    wrappedLines(String(paragraph), width: width, indent: indent).joined(separator: "\n")
  }.joined(separator: "\n")
}

/// The same of one paragraph.
func wrappedLines(_ text: String, width: Int, indent: Int = 0) -> [String] {
  guard displayWidth(text) > width else { return [text] }
  var lines: [String] = []
  var gap = ""
  for piece in pieces(of: text) {
    if let last = lines.last, displayWidth(last + gap + piece.text) <= width {
      lines[lines.count - 1] = last + gap + piece.text
    } else {
      lines.append((lines.isEmpty ? "" : String(repeating: " ", count: indent)) + piece.text)
    }
    gap = piece.endsWord ? " " : ""
  }
  return lines.isEmpty ? [""] : lines
}

/// A part of a text that is not broken.
struct TextPiece: Equatable {
  let text: String
  /// Whether a space follows, which a line break replaces.
  let endsWord: Bool
}

/// A text cut where it may be broken: at spaces, after commas, and after dots and slashes inside long names, which file and
/// tensor names have. Figures such as `0.5` stay whole, and so do addresses of pages, which people copy.
func pieces(of text: String) -> [TextPiece] {
  text.split(separator: " ").flatMap { word -> [TextPiece] in
    if word.contains("://") { return [TextPiece(text: String(word), endsWord: true)] }
    let characters = Array(word)
    var parts: [String] = []
    var part = ""
    for (character, next) in zip(characters, characters.dropFirst()) {
      part.append(character)
      let isBreak = character == "," || (characters.count > 12 && (character == "/" || character == "."))
      if isBreak, !next.isNumber {
        parts.append(part)
        part = ""
      }
    }
    if let last = characters.last { parts.append(part + String(last)) }
    return parts.enumerated().map { TextPiece(text: $0.element, endsWord: $0.offset == parts.count - 1) }
  }
}

extension [String] {
  /// `a, b, c and 5 more`.
  public func abbreviated(to count: Int) -> String {
    guard self.count > count else { return joined(separator: ", ") }
    return prefix(count).joined(separator: ", ") + " and \(self.count - count) more"
  }
}
