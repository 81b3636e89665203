/// Cuts text into the words that byte pair encoding works on. No word crosses a cut.
///
/// These are the regular expressions of published tokenizers, as scanners that look at each character once or twice.
struct PreTokenizer: Hashable, Sendable {
  enum Pattern: Hashable, Sendable {
    /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
    /// (GPT-2, `encoder.py`; ByteLevel in Hugging Face's tokenizers).
    case gpt2
    /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,d}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
    /// with d digits (Llama 3: 3; Qwen2: 1; their tokenizer.json).
    case digits(upTo: Int)
  }

  let pattern: Pattern
  /// Whether each digit is first made a word of its own (Digits with `individual_digits`, as SmolLM2 has it).
  let isolatesDigits: Bool

  /// The words, in order; all of them together are the text.
  func words(_ text: Substring) -> [ArraySlice<Unicode.Scalar>] {
    let scalars = Array(text.unicodeScalars)
    guard isolatesDigits else { return words(scalars[...]) }
    var words: [ArraySlice<Unicode.Scalar>] = []
    var start = 0
    for (index, scalar) in scalars.enumerated() where scalar.isNumber {
      words += self.words(scalars[start..<index])
      words.append(scalars[index...index])
      start = index + 1
    }
    return words + self.words(scalars[start...])
  }

  private func words(_ text: ArraySlice<Unicode.Scalar>) -> [ArraySlice<Unicode.Scalar>] {
    var words: [ArraySlice<Unicode.Scalar>] = []
    var scanner = WordScanner(text: text, position: text.startIndex)
    while scanner.position < text.endIndex {
      let start = scanner.position
      switch pattern {
      case .gpt2: scanner.passWordOfGPT2()
      case .digits(let count): scanner.passWord(digitsUpTo: count)
      }
      words.append(text[start..<scanner.position])
    }
    return words
  }
}

/// A position in a text, moved behind one word after another.
private struct WordScanner {
  let text: ArraySlice<Unicode.Scalar>
  var position: Int

  private func at(_ index: Int) -> Unicode.Scalar? { index < text.endIndex ? text[index] : nil }

  mutating func passWordOfGPT2() {
    if passContraction(ignoringCase: false) { return }
    let start = at(position) == " " ? position + 1 : position
    guard let first = at(start) else { return passSpaces() }
    if first.isLetter {
      pass(from: start) { $0.isLetter }
    } else if first.isNumber {
      pass(from: start) { $0.isNumber }
    } else if !first.isSpace {
      pass(from: start) { $0.isSymbol }
    } else {
      passSpaces()
    }
  }

  mutating func passWord(digitsUpTo count: Int) {
    guard let first = at(position) else { return }
    if passContraction(ignoringCase: true) { return }
    if first.isLetter { return pass(from: position) { $0.isLetter } }
    if !first.isLineBreak, !first.isNumber, at(position + 1)?.isLetter == true {
      return pass(from: position + 1) { $0.isLetter }
    }
    if first.isNumber {
      let end = min(position + count, text.endIndex)
      repeat { position += 1 } while position < end && text[position].isNumber
      return
    }
    let start = first == " " ? position + 1 : position
    if at(start)?.isSymbol == true {
      pass(from: start) { $0.isSymbol }
      return pass(from: position) { $0.isLineBreak }
    }
    passSpaces(stoppingBehindLineBreaks: true)
  }

  /// `'s`, `'ll` and their like.
  private mutating func passContraction(ignoringCase: Bool) -> Bool {
    guard at(position) == "'" else { return false }
    for ending in ["s", "t", "re", "ve", "m", "ll", "d"] {
      let length = ending.unicodeScalars.count
      guard position + length < text.endIndex else { continue }
      let found = text[position + 1...position + length]
      let matches = zip(found, ending.unicodeScalars).allSatisfy { own, wanted in
        own == wanted || ignoringCase && own.caseFolded == wanted
      }
      if matches {
        position += 1 + length
        return true
      }
    }
    return false
  }

  private mutating func pass(from start: Int, while belongs: (Unicode.Scalar) -> Bool) {
    position = start
    while let scalar = at(position), belongs(scalar) { position += 1 }
  }

  /// `\s+(?!\S)|\s+`: all spaces of a run but the last one, which belongs to the next word, unless the run is one space
  /// or ends the text. With `stoppingBehindLineBreaks`, first `\s*[\r\n]+`: the run up to its last line break.
  private mutating func passSpaces(stoppingBehindLineBreaks: Bool = false) {
    let start = position
    var lastBreak: Int?
    while let scalar = at(position), scalar.isSpace {
      if scalar.isLineBreak { lastBreak = position }
      position += 1
    }
    if stoppingBehindLineBreaks, let lastBreak {
      position = lastBreak + 1
    } else if position < text.endIndex, position - start > 1 {
      position -= 1
    }
  }
}

extension Unicode.Scalar {
  /// What is compared of the letters of contractions where case does not count: the long s is an s, too (Unicode,
  /// CaseFolding.txt).
  fileprivate var caseFolded: Unicode.Scalar {
    if self == "\u{17f}" { return "s" }
    return ("A"..."Z").contains(self) ? Unicode.Scalar(UInt8(ascii: self) + 32) : self
  }

  /// `\p{L}`.
  fileprivate var isLetter: Bool {
    if isASCII { return ("a"..."z").contains(self) || ("A"..."Z").contains(self) }
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return true
    default: return false
    }
  }

  /// `\p{N}`.
  fileprivate var isNumber: Bool {
    if isASCII { return ("0"..."9").contains(self) }
    switch properties.generalCategory {
    case .decimalNumber, .letterNumber, .otherNumber: return true
    default: return false
    }
  }

  /// `\s`.
  fileprivate var isSpace: Bool { properties.isWhitespace }

  /// `[\r\n]`.
  fileprivate var isLineBreak: Bool { self == "\r" || self == "\n" }

  /// `[^\s\p{L}\p{N}]`.
  fileprivate var isSymbol: Bool { !isSpace && !isLetter && !isNumber }
}
