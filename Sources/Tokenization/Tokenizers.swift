import Inputs

/// Reading tokenizers.
public enum Tokenizers {
  /// The tokenizer of a GGUF file.
  ///
  /// - Throws: naming what is not understood: byte-level byte pair encodings are (`tokenizer.ggml.model` gpt2).
  public static func make(fromGGUF metadata: TokenizerMetadata) throws(TokenizerError) -> any Tokenizer {
    let file = "tokenizer.ggml"
    guard metadata.model == "gpt2" else {
      throw TokenizerError(
        "\(file).model is '\(quotable(metadata.model))'; only gpt2, byte-level byte pair encoding, is understood")
    }
    guard !metadata.tokens.isEmpty else { throw TokenizerError("\(file).tokens is missing or empty") }
    guard metadata.tokenTypes.isEmpty || metadata.tokenTypes.count == metadata.tokens.count else {
      throw TokenizerError(
        "\(file).token_type has \(metadata.tokenTypes.count) entries for \(metadata.tokens.count) tokens")
    }
    let control = metadata.tokenTypes.indices.filter { metadata.tokenTypes[$0] == 3 }
    let userDefined = metadata.tokenTypes.indices.filter { metadata.tokenTypes[$0] == 4 }
    for (name, id) in [("bos_token_id", metadata.beginningOfText), ("eos_token_id", metadata.endOfText)] {
      guard let id, !metadata.tokens.indices.contains(id) else { continue }
      throw TokenizerError("\(file).\(name) is \(id), it must be in 0..<\(metadata.tokens.count)")
    }
    return try ByteLevelTokenizer(
      ByteLevelTokenizer.Parts(
        tokens: metadata.tokens, merges: try merges(metadata.merges, file: "\(file).merges"),
        specialTokens: control + userDefined, controlTokens: Set(control),
        preTokenizer: try preTokenizer(ofGGUF: metadata.preTokenizer),
        takesWholeWords: ["llama-bpe", "llama3"].contains(metadata.preTokenizer),
        prefix: metadata.addsBeginning == true ? [metadata.beginningOfText].compactMap(\.self) : [],
        suffix: metadata.addsEnd == true ? [metadata.endOfText].compactMap(\.self) : [],
        endOfTextTokens: Set([metadata.endOfText].compactMap(\.self))),
      file: file)
  }

  /// Pairs that are written with a space between.
  static func merges(_ lines: [String], file: String) throws(TokenizerError) -> [(left: String, right: String)] {
    try lines.enumerated().map { (index, line) throws(TokenizerError) in
      let sides = line.split(separator: " ", omittingEmptySubsequences: false)
      guard sides.count == 2, !sides[0].isEmpty, !sides[1].isEmpty else {
        throw TokenizerError(
          "\(file): entry \(index) is '\(quotable(line))', it must be two tokens with a space between")
      }
      return (String(sides[0]), String(sides[1]))
    }
  }

  private static func preTokenizer(ofGGUF name: String?) throws(TokenizerError) -> PreTokenizer {
    switch name {
    case "smollm": PreTokenizer(pattern: .gpt2, isolatesDigits: true)
    case "gpt-2", "gpt2", nil: PreTokenizer(pattern: .gpt2, isolatesDigits: false)
    case "llama-bpe", "llama3": PreTokenizer(pattern: .digits(upTo: 3), isolatesDigits: false)
    case "qwen2": PreTokenizer(pattern: .digits(upTo: 1), isolatesDigits: false)
    case let name?:
      throw TokenizerError(
        "tokenizer.ggml.pre is '\(quotable(name))'; smollm, gpt-2, llama-bpe and qwen2 are understood")
    }
  }
}
