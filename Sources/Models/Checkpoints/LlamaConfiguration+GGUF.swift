import Quantities
import Tensors
import Weights

extension LlamaConfiguration {
  /// Reads the metadata of a GGUF file of the architecture `llama`. Its parameters are computed with in float32, whatever
  /// they are stored in, unless the element type is changed.
  ///
  /// Source of the keys: llama.cpp, `docs/gguf.md` and `gguf-py/gguf/constants.py`.
  ///
  /// - Throws: naming the key, its value and what is allowed.
  init(gguf file: GGUFFile, name: String) throws {
    let fields = GGUFFields(metadata: file.metadata, file: name)
    let architecture = try fields.string("general.architecture")
    guard architecture == "llama" else {
      throw fields.error("general.architecture", "\"\(architecture)\"", "only llama is understood")
    }
    let heads = try fields.integer("llama.attention.head_count")
    let hiddenSize = try fields.integer("llama.embedding_length")
    let embedding = try file.entry(named: "token_embd.weight")
    guard embedding.shape.count == 2 else {
      throw fields.error("token_embd.weight", "\(embedding.shape)", "its shape must be [vocabulary, hidden size]")
    }
    try self.init(
      name: name, hiddenSize: hiddenSize, intermediateSize: try fields.integer("llama.feed_forward_length"),
      layerCount: try fields.integer("llama.block_count"), headCount: heads,
      keyValueHeadCount: try fields.integer("llama.attention.head_count_kv", ifMissing: heads),
      headSize: try fields.integer("llama.attention.key_length", ifMissing: hiddenSize / max(1, heads)),
      vocabularySize: embedding.shape[0], maximumPositionCount: try fields.integer("llama.context_length"),
      normEpsilon: try fields.number("llama.attention.layer_norm_rms_epsilon"),
      rotary: RotaryEmbedding(
        base: try fields.number("llama.rope.freq_base", ifMissing: 10_000), scaling: try Self.scaling(fields)),
      tiesEmbeddings: !file.entries.contains { $0.name == "output.weight" }, elementType: .float32)
  }

  private static func scaling(_ fields: GGUFFields) throws(ConfigurationError) -> RotaryEmbedding.Scaling {
    let key = "llama.rope.scaling.type"
    switch fields.metadata[key]?.string {
    case nil, "none": return .none
    case "linear": return .linear(factor: try fields.number("llama.rope.scaling.factor"))
    case let other?: throw fields.error(key, "\"\(other)\"", "only none and linear are understood")
    }
  }
}

/// The metadata of a GGUF file, asked for by key.
private struct GGUFFields {
  let metadata: GGUFMetadata
  let file: String

  func integer(_ key: String, ifMissing fallback: Int? = nil) throws(ConfigurationError) -> Int {
    if let value = metadata[key]?.integer ?? fallback { return value }
    throw missing(key, "an integer")
  }

  func number(_ key: String, ifMissing fallback: Double? = nil) throws(ConfigurationError) -> Double {
    if let value = metadata[key]?.number ?? fallback { return value }
    throw missing(key, "a number")
  }

  func string(_ key: String) throws(ConfigurationError) -> String {
    if let value = metadata[key]?.string { return value }
    throw missing(key, "a text")
  }

  func error(_ key: String, _ value: String, _ rule: String) -> ConfigurationError {
    ConfigurationError(file: file, field: key, value: value, rule: rule)
  }

  private func missing(_ key: String, _ kind: String) -> ConfigurationError {
    ConfigurationError(file: file, field: key, rule: "it must be \(kind)")
  }
}
