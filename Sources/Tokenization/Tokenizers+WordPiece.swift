import Foundation
import Inputs

extension Tokenizers {
  /// BERT's tokenizer from a Hugging Face `tokenizer.json`.
  ///
  /// - Throws: naming the file, the field and what is understood.
  public static func readWordPiece(tokenizerJSON path: String) throws(TokenizerError) -> any Tokenizer {
    let data = try Tokenizers.contents(ofTokenizer: path)
    let file: WordPieceFile
    do {
      file = try JSONDecoder().decode(WordPieceFile.self, from: data)
    } catch {
      throw TokenizerError("\(path) is no tokenizer.json of a WordPiece vocabulary")
    }
    return WordPieceTokenizer(try file.parts(path: path))
  }
}

/// The fields of a `tokenizer.json` that BERT's tokenizer has.
private struct WordPieceFile: Decodable {
  struct Model: Decodable {
    let type: String
    let unk_token: String
    let continuing_subword_prefix: String
    let max_input_chars_per_word: Int
    let vocab: [String: Int]
  }

  struct Normalizer: Decodable {
    let type: String
    let clean_text: Bool?
    let handle_chinese_chars: Bool?
    let strip_accents: Bool?
    let lowercase: Bool?
  }

  struct PreTokenizer: Decodable { let type: String }

  struct AddedToken: Decodable {
    let id: Int
    let content: String
  }

  struct PostProcessor: Decodable {
    struct Part: Decodable {
      struct Token: Decodable { let id: String }
      let SpecialToken: Token?
      let Sequence: Token?
    }
    let type: String
    let single: [Part]?
    let cls: Marker?
    let sep: Marker?
  }

  /// `["[CLS]", 101]`.
  struct Marker: Decodable {
    let id: Int

    init(from decoder: any Decoder) throws {
      var container = try decoder.unkeyedContainer()
      _ = try container.decode(String.self)
      id = try container.decode(Int.self)
    }
  }

  let added_tokens: [AddedToken]?
  let normalizer: Normalizer?
  let pre_tokenizer: PreTokenizer?
  let post_processor: PostProcessor?
  let model: Model

  func parts(path: String) throws(TokenizerError) -> WordPieceTokenizer.Parts {
    guard model.type == "WordPiece" else {
      throw TokenizerError("\(path): model.type is '\(quotable(model.type))'; only WordPiece is understood")
    }
    guard let normalizer, normalizer.type == "BertNormalizer" else {
      throw TokenizerError(
        "\(path): normalizer.type is '\(quotable(normalizer?.type ?? "none"))', must be BertNormalizer")
    }
    guard pre_tokenizer?.type == "BertPreTokenizer" else {
      throw TokenizerError(
        "\(path): pre_tokenizer.type is '\(quotable(pre_tokenizer?.type ?? "none"))', must be BertPreTokenizer")
    }
    let added = added_tokens ?? []
    let tokens = try tokens(path: path, added: added)
    guard let unknown = tokens.firstIndex(of: model.unk_token) else {
      throw TokenizerError("\(path): model.unk_token '\(quotable(model.unk_token))' is not in the vocabulary")
    }
    let lowercases = normalizer.lowercase ?? true
    let (prefix, suffix) = try template(path: path, added: added)
    return WordPieceTokenizer.Parts(
      tokens: tokens, continuation: model.continuing_subword_prefix, unknownToken: unknown,
      specialTokens: added.map(\.id),
      normalization: BertNormalization(
        cleansText: normalizer.clean_text ?? true, isolatesChineseCharacters: normalizer.handle_chinese_chars ?? true,
        // Unless told, accents go where case goes.
        stripsAccents: normalizer.strip_accents ?? lowercases, lowercases: lowercases),
      longestWord: model.max_input_chars_per_word, prefix: prefix, suffix: suffix)
  }

  private func tokens(path: String, added: [AddedToken]) throws(TokenizerError) -> [String] {
    try Tokenizers.inOrder(
      model.vocab.map { ($0.key, $0.value) } + added.map { ($0.content, $0.id) }, file: path)
  }

  /// The tokens before and after a text.
  private func template(path: String, added: [AddedToken]) throws(TokenizerError) -> (prefix: [Int], suffix: [Int]) {
    guard let post_processor else { return ([], []) }
    if let cls = post_processor.cls, let sep = post_processor.sep { return ([cls.id], [sep.id]) }
    guard let parts = post_processor.single, let text = parts.firstIndex(where: { $0.Sequence != nil }) else {
      throw TokenizerError(
        "\(path): post_processor.type is '\(quotable(post_processor.type))'; BertProcessing and TemplateProcessing are understood"
      )
    }
    let ids = Dictionary(added.map { ($0.content, $0.id) }, uniquingKeysWith: { first, _ in first })
    let known = { (part: PostProcessor.Part) in part.SpecialToken.flatMap { ids[$0.id] } }
    return (parts[..<text].compactMap(known), parts[text...].compactMap(known))
  }
}
