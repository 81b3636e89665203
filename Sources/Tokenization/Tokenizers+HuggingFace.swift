import Foundation
import Inputs

extension Tokenizers {
  /// Bytes of a `tokenizer.json`; the largest published ones have 33 million.
  private static let longestFile = 64 << 20

  static func contents(ofTokenizer path: String) throws(TokenizerError) -> Data {
    do throws(InputFileError) {
      return try InputFile.contents(of: path, atMost: longestFile).withoutByteOrderMark
    } catch {
      throw TokenizerError("\(path) cannot be read (\(error.reason)); a model's folder needs its tokenizer.json")
    }
  }

  /// The tokenizer of a Hugging Face `tokenizer.json`; the tokens that end a text are those that
  /// `generation_config.json` or `config.json` beside it names.
  ///
  /// - Throws: naming the file, the field and what is understood: byte-level byte pair encodings are.
  public static func read(tokenizerJSON path: String) throws(TokenizerError) -> any Tokenizer {
    let file = try HuggingFaceTokenizer(path: path)
    return try ByteLevelTokenizer(try file.parts(), file: path)
  }
}

/// The fields of a `tokenizer.json` that a byte-level byte pair encoding has.
private struct HuggingFaceTokenizer {
  private struct File: Decodable {
    let added_tokens: [AddedToken]?
    let normalizer: Component?
    let pre_tokenizer: Component?
    let post_processor: Component?
    let model: Model
  }

  private struct AddedToken: Decodable {
    let id: Int
    let content: String
    let special: Bool
    let single_word: Bool?
    let lstrip: Bool?
    let rstrip: Bool?

    /// The flag that asks for more than to be found as it is written.
    var unknownFlag: String? {
      if single_word == true { return "single_word" }
      if lstrip == true { return "lstrip" }
      return rstrip == true ? "rstrip" : nil
    }
  }

  private struct Model: Decodable {
    let type: String?
    let vocab: [String: Int]
    let merges: [Merge]
    let ignore_merges: Bool?
    let continuing_subword_prefix: String?
    let end_of_word_suffix: String?
    let byte_fallback: Bool?

    /// The field that asks for another kind of byte pair encoding.
    var unknownField: String? {
      if let continuing_subword_prefix, !continuing_subword_prefix.isEmpty { return "continuing_subword_prefix" }
      if let end_of_word_suffix, !end_of_word_suffix.isEmpty { return "end_of_word_suffix" }
      return byte_fallback == true ? "byte_fallback" : nil
    }
  }

  /// Two tokens, as a list or with a space between.
  private struct Merge: Decodable {
    let text: String?
    let pair: [String]?

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      text = try? container.decode(String.self)
      pair = text == nil ? try container.decode([String].self) : nil
    }
  }

  private final class Component: Decodable {
    let type: String
    let pretokenizers: [Component]?
    let processors: [Component]?
    let individual_digits: Bool?
    let use_regex: Bool?
    let add_prefix_space: Bool?
    let pattern: Pattern?
    let behavior: String?
    let invert: Bool?
    let single: [TemplatePart]?
  }

  private struct Pattern: Decodable {
    let Regex: String?
  }

  private struct TemplatePart: Decodable {
    struct Token: Decodable { let id: String }
    let SpecialToken: Token?
    let Sequence: Token?
  }

  private let path: String
  private let file: File

  init(path: String) throws(TokenizerError) {
    self.path = path
    let data = try Tokenizers.contents(ofTokenizer: path)
    do {
      file = try JSONDecoder().decode(File.self, from: data)
    } catch {
      throw TokenizerError("\(path) is no tokenizer.json of a byte pair encoding: \(Self.reason(error))")
    }
    let type = file.model.type ?? "BPE"
    guard type == "BPE" else {
      throw TokenizerError("\(path): model.type is '\(quotable(type))'; only BPE is understood")
    }
    if let normalizer = file.normalizer, normalizer.type != "NFC" {
      throw TokenizerError("\(path): normalizer.type is '\(quotable(normalizer.type))'; none and NFC are understood")
    }
    if let field = file.model.unknownField {
      throw TokenizerError("\(path): model.\(field) is set; only byte-level BPE, which does without, is understood")
    }
    for token in file.added_tokens ?? [] {
      guard let flag = token.unknownFlag else { continue }
      throw TokenizerError("\(path): the added token '\(quotable(token.content))' has \(flag), which is not understood")
    }
  }

  func parts() throws(TokenizerError) -> ByteLevelTokenizer.Parts {
    let tokens = try tokens()
    let special = (file.added_tokens ?? []).filter(\.special).map(\.id)
    let (prefix, suffix) = template()
    return ByteLevelTokenizer.Parts(
      tokens: tokens, merges: try merges(), specialTokens: (file.added_tokens ?? []).map(\.id),
      controlTokens: Set(special), preTokenizer: try preTokenizer(),
      takesWholeWords: file.model.ignore_merges ?? false, normalizes: file.normalizer != nil,
      prefix: prefix, suffix: suffix, endOfTextTokens: endOfTextTokens())
  }

  private func tokens() throws(TokenizerError) -> [String] {
    try Tokenizers.inOrder(
      file.model.vocab.map { ($0.key, $0.value) } + (file.added_tokens ?? []).map { ($0.content, $0.id) }, file: path)
  }

  private func merges() throws(TokenizerError) -> [(left: String, right: String)] {
    guard file.model.merges.contains(where: { $0.pair != nil }) else {
      return try Tokenizers.merges(file.model.merges.map { $0.text ?? "" }, file: "\(path): model.merges")
    }
    return try file.model.merges.enumerated().map { (index, merge) throws(TokenizerError) in
      guard let pair = merge.pair, pair.count == 2 else {
        throw TokenizerError("\(path): model.merges[\(index)] must be two tokens")
      }
      return (pair[0], pair[1])
    }
  }

  /// The known combinations: ByteLevel alone, Digits before it, or Split by a published pattern before it.
  private func preTokenizer() throws(TokenizerError) -> PreTokenizer {
    guard let component = file.pre_tokenizer else { throw unknown("there is none") }
    let steps = component.type == "Sequence" ? component.pretokenizers ?? [] : [component]
    guard let last = steps.last, last.type == "ByteLevel", last.add_prefix_space != true else {
      throw unknown(steps.map(\.type).joined(separator: ", "))
    }
    switch steps.dropLast().map(\.type) {
    case [] where last.use_regex != false: return PreTokenizer(pattern: .gpt2, isolatesDigits: false)
    case ["Digits"] where steps[0].individual_digits == true && last.use_regex != false:
      return PreTokenizer(pattern: .gpt2, isolatesDigits: true)
    case ["Split"] where last.use_regex == false && steps[0].behavior == "Isolated" && steps[0].invert != true:
      let pattern = steps[0].pattern?.Regex ?? ""
      guard let count = Self.digitCounts[pattern] else { throw unknown("Split by '\(quotable(pattern))'") }
      return PreTokenizer(pattern: .digits(upTo: count), isolatesDigits: false)
    default: throw unknown(steps.map(\.type).joined(separator: ", "))
    }
  }

  private static let digitCounts = Dictionary(
    uniqueKeysWithValues: [(#"\p{N}{1,3}"#, 3), (#"\p{N}"#, 1)].map { digits, count in
      (
        #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"# + digits
          + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
        count
      )
    })

  private func unknown(_ found: String) -> TokenizerError {
    TokenizerError(
      "\(path): pre_tokenizer is not understood (\(found)); ByteLevel is, alone, after Digits (individual_digits) or after "
        + "the Split of Llama 3 or Qwen2")
  }

  /// The special tokens that a TemplateProcessing puts before and after a text.
  private func template() -> (prefix: [Int], suffix: [Int]) {
    let steps = file.post_processor.map { [$0] + ($0.processors ?? []) } ?? []
    guard let parts = steps.first(where: { $0.type == "TemplateProcessing" })?.single else { return ([], []) }
    let ids = Dictionary(
      (file.added_tokens ?? []).map { ($0.content, $0.id) }, uniquingKeysWith: { first, _ in first })
    let text = parts.firstIndex { $0.Sequence != nil } ?? parts.count
    let known = { (part: TemplatePart) in part.SpecialToken.flatMap { ids[$0.id] } }
    return (parts[..<text].compactMap(known), parts[text...].compactMap(known))
  }

  private func endOfTextTokens() -> Set<Int> {
    struct Configuration: Decodable {
      let eos_token_id: IDs?
    }
    struct IDs: Decodable {
      let values: [Int]

      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        values = try (try? container.decode(Int.self)).map { [$0] } ?? container.decode([Int].self)
      }
    }
    for name in ["generation_config.json", "config.json"] {
      let data = InputFile.optionalContents(of: PathName(path).beside(name), atMost: 4 << 20)
      guard let data, let found = try? JSONDecoder().decode(Configuration.self, from: data).eos_token_id else {
        continue
      }
      return Set(found.values)
    }
    return []
  }

  private static func reason(_ error: any Error) -> String {
    guard let error = error as? DecodingError else { return "\(error)" }
    switch error {
    case .keyNotFound(let key, let context): return "\(fieldPath(context.codingPath + [key])) is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      return "\(fieldPath(context.codingPath)) is of another type"
    case .dataCorrupted: return "it cannot be parsed as JSON"
    @unknown default: return "it cannot be parsed"
    }
  }
}
