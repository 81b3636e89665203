import Foundation

/// How BERT's tokenizers cut a text into words (Devlin et al., "BERT", 2019, `tokenization.py` of its code; Hugging Face's
/// BertNormalizer and BertPreTokenizer): control characters go, Chinese characters become words of their own, letters lose
/// case and accents, and each punctuation mark is a word.
struct BertNormalization: Hashable, Sendable {
  /// Whether control characters are left out and all kinds of blanks are one.
  var cleansText = true
  /// Whether each Chinese character is a word.
  var isolatesChineseCharacters = true
  /// Whether accents are left out.
  var stripsAccents = true
  /// Whether letters are made small.
  var lowercases = true

  /// The words of a text.
  func words(_ text: Substring) -> [[Unicode.Scalar]] {
    var words: [[Unicode.Scalar]] = []
    var word: [Unicode.Scalar] = []
    func end() {
      if !word.isEmpty { words.append(word) }
      word = []
    }
    for scalar in normalized(text) {
      if scalar.properties.isWhitespace {
        end()
      } else if scalar.isBertPunctuation {
        end()
        words.append([scalar])
      } else {
        word.append(scalar)
      }
    }
    end()
    return words
  }

  private func normalized(_ text: Substring) -> [Unicode.Scalar] {
    var scalars: [Unicode.Scalar] = []
    for scalar in text.unicodeScalars where !(cleansText && scalar.isLeftOutByBert) {
      if isolatesChineseCharacters, scalar.isChinese {
        scalars += [" ", scalar, " "]
      } else {
        scalars.append(scalar)
      }
    }
    if stripsAccents {
      let decomposed = String(String.UnicodeScalarView(scalars)).decomposedStringWithCanonicalMapping
      scalars = decomposed.unicodeScalars.filter { $0.properties.generalCategory != .nonspacingMark }
    }
    guard lowercases else { return scalars }
    // Each character by itself, so that a final sigma stays an ordinary one.
    return scalars.flatMap { $0.isASCII || !$0.properties.changesWhenLowercased ? [$0.asciiLowercased] : $0.lowercased }
  }
}

extension Unicode.Scalar {
  /// NUL, U+FFFD and control or format characters other than tab and line breaks.
  fileprivate var isLeftOutByBert: Bool {
    if self == "\t" || self == "\n" || self == "\r" { return false }
    if value == 0 || value == 0xfffd { return true }
    switch properties.generalCategory {
    case .control, .format, .privateUse: return true
    default: return false
    }
  }

  /// The blocks of CJK unified ideographs and of compatibility ideographs that BERT's tokenizers look for.
  fileprivate var isChinese: Bool {
    switch value {
    case 0x4e00...0x9fff, 0x3400...0x4dbf, 0x20000...0x2a6df, 0x2a700...0x2b73f, 0x2b740...0x2b81f, 0x2b920...0x2ceaf,
      0xf900...0xfaff, 0x2f800...0x2fa1f:
      return true
    default: return false
    }
  }

  /// All of ASCII that is no letter, digit, blank or control character, and Unicode's punctuation.
  fileprivate var isBertPunctuation: Bool {
    switch value {
    case 0x21...0x2f, 0x3a...0x40, 0x5b...0x60, 0x7b...0x7e: return true
    default: break
    }
    switch properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
      .finalPunctuation, .otherPunctuation:
      return true
    default: return false
    }
  }

  fileprivate var asciiLowercased: Unicode.Scalar {
    (0x41...0x5a).contains(value) ? Unicode.Scalar(UInt8(value + 0x20)) : self
  }

  fileprivate var lowercased: [Unicode.Scalar] { Array(properties.lowercaseMapping.unicodeScalars) }
}
