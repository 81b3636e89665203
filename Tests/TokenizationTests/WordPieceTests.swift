import Foundation
import SimulationKernel
import TestSupport
import Testing

@testable import Tokenization

@Suite("WordPiece")
struct WordPieceTests {
  static let vocabulary = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "un", "##aff", "##able", "a", "##a", "##b", "b", "aa", "cafe", "!", "中", "文",
    ".",
  ]

  private func tokenizer(normalizer: String = "") throws -> any Tokenizer {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let vocabulary = Self.vocabulary.enumerated().map { "\"\($1)\": \($0)" }.joined(separator: ", ")
    let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"].enumerated().map { "{\"id\": \($0), \"content\": \"\($1)\"}" }
    let text = """
      {"added_tokens": [\(special.joined(separator: ", "))],
       "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true\(normalizer)},
       "pre_tokenizer": {"type": "BertPreTokenizer"},
       "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
       "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
         "max_input_chars_per_word": 8, "vocab": {\(vocabulary)}}}
      """
    return try Tokenizers.readWordPiece(tokenizerJSON: folder.write(text, to: "tokenizer.json"))
  }

  @Test(
    "Words become their longest pieces",
    arguments: [
      ("unaffable", [1]), ("unaffabl", [1]), ("unable", [4, 6]), ("UNABLE!", [4, 6, 13]), ("Café", [12]),
      ("cafe\u{301}", [12]), ("a中文b", [7, 14, 15, 10]), ("a [SEP]b", [7, 3, 10]), ("aab", [11, 9]), ("", []),
      ("\u{200b}a\u{0}\u{7}b\u{fffd}", [7, 9]), ("  a\t\nb\u{a0}", [7, 10]), ("a.b", [7, 16, 10]), ("abx b", [1, 10]),
    ])
  func pieces(text: String, tokens: [Int]) throws {
    // "unaffable" is longer than the longest word of this vocabulary.
    #expect(try tokenizer(normalizer: ", \"lowercase\": true").encode(text, addingSpecialTokens: false) == tokens)
  }

  @Test("marks stand around a text")
  func marksStandAroundAText() throws {
    let tokenizer = try tokenizer()
    #expect(tokenizer.encode("a", addingSpecialTokens: true) == [2, 7, 3])
    #expect(tokenizer.encode("", addingSpecialTokens: true) == [2, 3])
    #expect(tokenizer.decode([2, 4, 6, 13, 3]) == "unable !")
    #expect(tokenizer.vocabularySize == Self.vocabulary.count)
  }

  @Test("case and accents are kept where the model wants them")
  func caseAndAccentsAreKeptWhereTheModelWantsThem()
    throws
  {
    let tokenizer = try tokenizer(normalizer: ", \"lowercase\": false")
    #expect(tokenizer.encode("A café", addingSpecialTokens: false) == [1, 1])
    #expect(tokenizer.encode("a cafe", addingSpecialTokens: false) == [7, 12])
  }

  @Test("Greedy pieces of random words, against trying all prefixes from the vocabulary itself", arguments: 0..<20)
  func greedy(seed: UInt64) throws {
    var random = RandomStream(seed: seed)
    let tokenizer = try tokenizer()
    for _ in 0..<20 {
      let word = (0..<Int.random(in: 1...8, using: &random)).map { _ in ["a", "b"].randomElement(using: &random) ?? "a"
      }
      .joined()
      var (rest, expected) = (word[...], [Int]())
      while !rest.isEmpty {
        let prefix = rest.startIndex == word.startIndex ? "" : "##"
        let fitting = Self.vocabulary.indices.filter { id in
          let token = Self.vocabulary[id]
          return token.hasPrefix("##") == !prefix.isEmpty && rest.hasPrefix(token.dropFirst(prefix.count))
        }
        guard let best = fitting.max(by: { Self.vocabulary[$0].count < Self.vocabulary[$1].count }) else { break }
        expected.append(best)
        rest = rest.dropFirst(Self.vocabulary[best].count - prefix.count)
      }
      if !rest.isEmpty { expected = [1] }
      #expect(tokenizer.encode(word, addingSpecialTokens: false) == expected, "seed \(seed): \(word)")
    }
  }

  @Test("Files of another kind are named with what is understood")
  func otherFiles() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let model = """
      "model": {"type": "TYPE", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 8,
        "vocab": {"[UNK]": 0}}
      """
    for (text, problem) in [
      ("{\(model.replacingOccurrences(of: "TYPE", with: "BPE"))}", "model.type is 'BPE'; only WordPiece"),
      ("{\(model.replacingOccurrences(of: "TYPE", with: "WordPiece"))}", "normalizer.type is 'none'"),
      ("[]", "is no tokenizer.json of a WordPiece vocabulary"),
    ] {
      let path = try folder.write(text, to: "tokenizer.json")
      let error = #expect(throws: TokenizerError.self) { _ = try Tokenizers.readWordPiece(tokenizerJSON: path) }
      #expect(error?.description.contains(problem) == true)
    }
  }
}
