import Tokenization
import Weights

extension TokenizerMetadata {
  /// What a GGUF file says of its tokenizer, under the keys `tokenizer.*` (llama.cpp, `docs/gguf.md`).
  init(_ metadata: GGUFMetadata) {
    func ggml(_ key: String) -> GGUFValue? { metadata["tokenizer.ggml.\(key)"] }
    self.init(
      model: ggml("model")?.string ?? "", preTokenizer: ggml("pre")?.string, tokens: ggml("tokens")?.strings ?? [],
      tokenTypes: ggml("token_type")?.integers ?? [], merges: ggml("merges")?.strings ?? [],
      beginningOfText: ggml("bos_token_id")?.integer, endOfText: ggml("eos_token_id")?.integer,
      addsBeginning: ggml("add_bos_token")?.bool, addsEnd: ggml("add_eos_token")?.bool,
      chatTemplate: metadata["tokenizer.chat_template"]?.string)
  }
}
