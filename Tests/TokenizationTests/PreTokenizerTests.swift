import Foundation
import SimulationKernel
import Testing

@testable import Tokenization

/// The scanners against the regular expressions that they stand for, by ICU.
struct PreTokenizerTests {
  /// `\s` of the published patterns is Unicode's White_Space, which ICU's `\s` is not.
  static let cases: [(tokenizer: PreTokenizer, pattern: String)] = [
    (
      PreTokenizer(pattern: .gpt2, isolatesDigits: false),
      #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+"#
    ),
    (PreTokenizer(pattern: .digits(upTo: 3), isolatesDigits: false), digits("{1,3}")),
    (PreTokenizer(pattern: .digits(upTo: 1), isolatesDigits: false), digits("")),
  ]

  private static func digits(_ count: String) -> String {
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"# + count
      + #"| ?[^\p{White_Space}\p{L}\p{N}]+[\r\n]*|\p{White_Space}*[\r\n]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+"#
  }

  @Test("Words are the matches of the published regular expression", arguments: 0..<3)
  func words(index: Int) throws {
    let (tokenizer, pattern) = Self.cases[index]
    let expression = try NSRegularExpression(pattern: pattern)
    var random = RandomStream(seed: 5)
    for round in 0..<3000 {
      let text = random.text()
      let expected = expression.matches(in: text, range: NSRange(location: 0, length: text.utf16.count)).map {
        (text as NSString).substring(with: $0.range)
      }
      let found = tokenizer.words(text[...]).map { String(String.UnicodeScalarView($0)) }
      // Compared by their scalars: to Swift, equal strings may be written differently.
      #expect(
        found.map(\.unicodeScalars.count) == expected.map(\.unicodeScalars.count),
        "round \(round): \(text.debugDescription)")
    }
  }

  @Test("Each digit is a word of its own where the tokenizer says so")
  func isolatedDigits() {
    let tokenizer = PreTokenizer(pattern: .gpt2, isolatesDigits: true)
    let words = tokenizer.words("in 2024 it's ½  x").map { String(String.UnicodeScalarView($0)) }
    #expect(words == ["in", " ", "2", "0", "2", "4", " it", "'s", " ", "½", " ", " x"])
  }
}
