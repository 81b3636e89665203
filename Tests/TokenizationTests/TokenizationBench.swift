import Foundation
import SimulationKernel
import TestSupport

@testable import Tokenization

/// A vocabulary of all bytes, some words of letters and two special tokens, as a `tokenizer.json` and by hand.
struct TokenizationBench {
  static let merges = ["h e", "l l", "he ll", "hell o", "Ġ w", "Ġ hello", "o r", "Ġw or", "l d"]
  static let special = ["<|end|>", "<|end|>!"]

  static var tokens: [String] {
    ByteLevelAlphabet.scalars.map { String($0) } + merges.map { $0.replacing(" ", with: "") } + special
  }

  /// The token's id.
  static func id(_ token: String) -> Int { tokens.firstIndex(of: token)! }

  /// The fields of a `tokenizer.json`, each as the JSON of its value.
  static var fields: [String: String] {
    let vocabulary = tokens.enumerated().map { "\(quoted($1)):\($0)" }.joined(separator: ",")
    let added = special.map {
      #"{"id":\#(id($0)),"content":\#(quoted($0)),"special":true,"single_word":false,"lstrip":false,"rstrip":false}"#
    }
    return [
      "added_tokens": "[\(added.joined(separator: ","))]", "normalizer": "null",
      "pre_tokenizer": #"{"type":"ByteLevel","add_prefix_space":false,"use_regex":true}"#, "post_processor": "null",
      "model": #"{"type":"BPE","vocab":{\#(vocabulary)},"merges":[\#(merges.map(quoted).joined(separator: ","))]}"#,
    ]
  }

  /// A `tokenizer.json` with some fields changed.
  static func json(_ changes: [String: String] = [:]) -> String {
    let all = fields.merging(changes) { $1 }.sorted { $0.key < $1.key }
    return "{\(all.map { "\"\($0)\":\($1)" }.joined(separator: ","))}"
  }

  static func quoted(_ text: String) -> String { String(decoding: try! JSONEncoder().encode(text), as: UTF8.self) }

  /// The tokenizer of a `tokenizer.json`.
  static func tokenizer(_ json: String = json()) throws -> any Tokenizer {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    return try Tokenizers.read(tokenizerJSON: folder.write(json, to: "tokenizer.json"))
  }
}

extension RandomStream {
  /// Text in which spaces, digits, contractions and line breaks of many kinds meet letters and symbols of many scripts.
  mutating func text() -> String {
    let pieces = [
      " ", "  ", "\n", "\r\n", "\t", "\u{a0}", "\u{3000}", "\u{85}", "\u{b}", "1", "23", "٣", "½", "Ⅷ", "'s", "'S",
      "'ſ",
      "'ll", "'LL", "'re", "'t", "'x", "'", "a", "Z", "é", "e\u{301}", "ß", "Ж", "中", "あ", "ע", "ก", "!", "..", "—",
      "_",
      "😀", "👩‍👩‍👧", "🇩🇪", "hello", " world", "\u{0}", "\u{7f}", "\u{200b}", "\u{feff}",
    ]
    return (0..<Int.random(in: 0...12, using: &self)).map { _ in pieces.randomElement(using: &self)! }.joined()
  }
}
