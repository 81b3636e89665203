import TestSupport
import Testing

@testable import Tokenization

@Suite("Tokenizers of any content")
struct TokenizerFuzzTests {
  @Test("are read, or refused in one line", arguments: [false, true])
  func anything(isWordPiece: Bool) throws {
    let tree = try DocumentTree(json: isWordPiece ? Self.wordPiece : TokenizationBench.json())
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let path = folder.path(of: "tokenizer.json")
    for seed in Mutations.rounds(600) {
      var mutator = DocumentMutator(seed: seed)
      try folder.write(mutator.mutated(tree).json, to: "tokenizer.json")
      do throws(TokenizerError) {
        let tokenizer =
          try isWordPiece ? Tokenizers.readWordPiece(tokenizerJSON: path) : Tokenizers.read(tokenizerJSON: path)
        let tokens = tokenizer.encode("hello world, unaffable\u{1B} 12 ß", addingSpecialTokens: true)
        _ = tokenizer.decode(tokens + [-1, .max, tokenizer.vocabularySize])
      } catch {
        let text = error.description
        #expect(!text.contains("\n") && text.count < 2000, "seed \(seed): \(text)")
      }
    }
  }

  @Test("metadata of GGUF files of any content is read, or refused in one line")
  func metadata() {
    let tokens = TokenizationBench.tokens
    for seed in Mutations.rounds(600) {
      var random = Mutations.Random(seed: seed)
      func odd(_ usual: Int) -> Int {
        Int.random(in: 0..<3, using: &random) > 0
          ? usual : [-1, 0, .max, .min, tokens.count].randomElement(using: &random)!
      }
      var metadata = TokenizerMetadata(
        model: "gpt2", preTokenizer: ["smollm", "gpt-2", "qwen2", "x", nil].randomElement(using: &random)!,
        tokens: tokens, tokenTypes: tokens.map { _ in odd(1) }, merges: TokenizationBench.merges,
        beginningOfText: odd(3), endOfText: odd(4), addsBeginning: .random(using: &random),
        addsEnd: .random(using: &random))
      if Bool.random(using: &random) { metadata.merges.append(Mutations.texts.randomElement(using: &random)!) }
      if Bool.random(using: &random) { metadata.tokens.removeLast(Int.random(in: 0...3, using: &random)) }
      do throws(TokenizerError) {
        let tokenizer = try Tokenizers.make(fromGGUF: metadata)
        _ = tokenizer.decode(tokenizer.encode("hello world", addingSpecialTokens: true))
      } catch {
        #expect(!error.description.contains("\n"), "seed \(seed): \(error)")
      }
    }
  }

  private static let wordPiece = """
    {"added_tokens": [{"id": 0, "content": "[PAD]"}, {"id": 1, "content": "[UNK]"}],
     "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "lowercase": true},
     "pre_tokenizer": {"type": "BertPreTokenizer"},
     "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
     "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
       "max_input_chars_per_word": 8,
       "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "un": 4, "##aff": 5, "##able": 6, "a": 7}}}
    """
}
