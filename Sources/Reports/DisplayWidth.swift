/// How many terminal columns `text` takes: two for a wide East Asian character or an emoji, none for a combining mark
/// or a control character, one for any other (Unicode Standard Annex 11).
package func displayWidth(_ text: String) -> Int {
  if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return text.utf8.count }
  return text.reduce(0) { $0 + displayWidth($1) }
}

private func displayWidth(_ character: Character) -> Int {
  guard let first = character.unicodeScalars.first else { return 0 }
  switch first.properties.generalCategory {
  case .control, .format, .nonspacingMark, .enclosingMark: return 0
  default: break
  }
  let showsAsEmoji = character.unicodeScalars.contains { $0.value == 0xFE0F }
  return first.properties.isEmojiPresentation || showsAsEmoji || isWide(first) ? 2 : 1
}

/// The blocks whose characters all have East Asian Width W or F in Unicode's `EastAsianWidth.txt`, at block precision.
private func isWide(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
    0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6,
    0x1F900...0x1F9FF, 0x20000...0x3FFFD:
    true
  default: false
  }
}
