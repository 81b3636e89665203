import SimulationKernel
import Testing

@testable import Tokenization

/// Byte-level tokenizers from either kind of file.
struct TokenizerTests {
  private typealias Bench = TokenizationBench

  @Test("Text becomes the tokens that the merges make, special tokens their ids, the longest first")
  func encoding() throws {
    let tokenizer = try Bench.tokenizer()
    #expect(tokenizer.vocabularySize == 256 + 9 + 2)
    #expect(tokenizer.encode("hello world", addingSpecialTokens: true) == ["hello", "Ġwor", "ld"].map(Bench.id))
    #expect(
      tokenizer.encode("hello<|end|>!ld<|end|> hello", addingSpecialTokens: false)
        == ["hello", "<|end|>!", "ld", "<|end|>", "Ġhello"].map(Bench.id))
    #expect(tokenizer.encode("ä", addingSpecialTokens: false) == ["Ã", "¤"].map(Bench.id))
    #expect(tokenizer.encode("", addingSpecialTokens: true) == [])
  }

  @Test("Decoding gives the text back, without special tokens")
  func decoding() throws {
    let tokenizer = try Bench.tokenizer()
    var random = RandomStream(seed: 9)
    for _ in 0..<500 {
      let text = random.text()
      #expect(Array(tokenizer.decode(tokenizer.encode(text, addingSpecialTokens: false)).utf8) == Array(text.utf8))
    }
    #expect(tokenizer.decode(["hello", "<|end|>", "Ġwor"].map(Bench.id)) == "hello wor")
    #expect(tokenizer.decode([Bench.id("Ã")]) == "\u{fffd}")
    #expect(tokenizer.decode([-1, 1_000_000]) == "")
  }

  @Test("What a template puts around a text, and the composed form")
  func surroundings() throws {
    let template = #"""
      {"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<|end|>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}]}
      """#
    let tokenizer = try Bench.tokenizer(Bench.json(["post_processor": template, "normalizer": #"{"type":"NFC"}"#]))
    #expect(tokenizer.encode("hello", addingSpecialTokens: true) == ["<|end|>", "hello"].map(Bench.id))
    #expect(tokenizer.encode("hello", addingSpecialTokens: false) == [Bench.id("hello")])
    #expect(tokenizer.encode("a\u{308}", addingSpecialTokens: false) == ["Ã", "¤"].map(Bench.id))
  }

  @Test("A GGUF file's metadata gives the same tokenizer as a tokenizer.json")
  func fromGGUF() throws {
    let types = Bench.tokens.map { Bench.special.contains($0) ? 3 : 1 }
    let metadata = TokenizerMetadata(
      model: "gpt2", preTokenizer: "gpt-2", tokens: Bench.tokens, tokenTypes: types, merges: Bench.merges,
      beginningOfText: Bench.id("<|end|>"), endOfText: Bench.id("<|end|>!"), addsBeginning: true, addsEnd: false)
    let (one, other) = (try Tokenizers.make(fromGGUF: metadata), try Bench.tokenizer())
    #expect(one.endOfTextTokens == [Bench.id("<|end|>!")])
    #expect(one.encode("hello", addingSpecialTokens: true) == ["<|end|>", "hello"].map(Bench.id))
    var random = RandomStream(seed: 10)
    for _ in 0..<300 {
      let text = random.text()
      #expect(one.encode(text, addingSpecialTokens: false) == other.encode(text, addingSpecialTokens: false))
    }
  }

  @Test(
    "What is not understood is named, so that no text becomes other tokens than the model was trained on",
    arguments: [
      ("model", #"{"type":"Unigram","vocab":{},"merges":[]}"#, "model.type is 'Unigram'"),
      ("model", #"{"vocab":{"a":0},"merges":["a b"]}"#, "merge 0, 'a b', is of tokens that are not in the vocabulary"),
      ("model", #"{"vocab":{"a":0},"merges":["a"]}"#, "model.merges: entry 0 is 'a', it must be two tokens"),
      ("model", #"{"vocab":{"a":0,"b":-1},"merges":[]}"#, "the token 'b' has the id -1"),
      ("model", #"{"vocab":{"a":99999999999},"merges":[]}"#, "of 3 tokens, ids lie between 0 and 65538"),
      ("model", #"{"vocab":{"a":0,"b":9158400},"merges":[]}"#, "the token 'b' has the id 9158400"),
      ("model", #"{"vocab":{"a":0},"merges":[],"end_of_word_suffix":"</w>"}"#, "model.end_of_word_suffix is set"),
      ("model", #"{"vocab":{"a":0},"merges":[],"byte_fallback":true}"#, "model.byte_fallback is set"),
      ("model", "7", "model is of another type"),
      ("normalizer", #"{"type":"Lowercase"}"#, "normalizer.type is 'Lowercase'"),
      ("pre_tokenizer", "null", "pre_tokenizer is not understood (there is none)"),
      ("pre_tokenizer", #"{"type":"Whitespace"}"#, "pre_tokenizer is not understood (Whitespace)"),
      ("pre_tokenizer", #"{"type":"ByteLevel","add_prefix_space":true}"#, "pre_tokenizer is not understood"),
      ("pre_tokenizer", #"{"type":"ByteLevel","use_regex":false}"#, "pre_tokenizer is not understood"),
      ("added_tokens", #"[{"id":1,"content":"<m>","special":true,"lstrip":true}]"#, "the added token '<m>' has lstrip"),
    ])
  func refusals(field: String, value: String, problem: String) throws {
    do {
      _ = try Bench.tokenizer(Bench.json([field: value]))
      Issue.record("\(field): \(value) was taken")
    } catch let error as TokenizerError {
      #expect(error.description.contains(problem) && !error.description.contains("\n"), "\(error)")
    }
  }

  @Test("A tokenizer.json that was cut off or in which bits have changed gives a tokenizer or an error, never a crash")
  func damage() throws {
    let whole = Array(Bench.json().utf8)
    var random = RandomStream(seed: 4)
    for round in 0..<1200 {
      var bytes = whole
      if round % 3 == 0 { bytes.removeLast(Int.random(in: 1...bytes.count, using: &random)) }
      for _ in 0..<round % 4 where !bytes.isEmpty {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<7, using: &random)
      }
      do {
        let tokenizer = try Bench.tokenizer(String(decoding: bytes, as: UTF8.self))
        let tokens = tokenizer.encode("hello<|end|> world 12", addingSpecialTokens: true)
        #expect(tokens.allSatisfy { (0..<tokenizer.vocabularySize).contains($0) }, "round \(round)")
        _ = tokenizer.decode(tokens)
      } catch let error as TokenizerError {
        #expect(!error.description.contains("\n"), "round \(round)")
      }
    }
  }
}
