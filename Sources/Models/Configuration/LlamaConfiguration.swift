import Quantities
import Tensors

/// The architecture of a Llama-family language model: what a Hugging Face `config.json` says.
///
/// Decoder-only transformer with RMS normalization before attention and feed-forward, rotary position embedding,
/// grouped-query attention and a SwiGLU feed-forward (Touvron et al., "LLaMA", 2023). Mistral and Qwen2 models have the
/// same architecture, the latter with biases on queries, keys and values; in what others differ is their ``variant``.
public struct LlamaConfiguration: Hashable, Sendable {
  /// The preset's id, or the file it came from.
  public let name: String
  /// Length of a token's hidden state, `hidden_size`.
  public let hiddenSize: Int
  /// Columns of the feed-forward, `intermediate_size`.
  public let intermediateSize: Int
  /// Number of layers, `num_hidden_layers`.
  public let layerCount: Int
  /// Number of query heads, `num_attention_heads`.
  public let headCount: Int
  /// Number of key and value heads, `num_key_value_heads`; divides the number of query heads.
  public let keyValueHeadCount: Int
  /// Length of a head, `head_dim`.
  public let headSize: Int
  /// Number of tokens, `vocab_size`.
  public let vocabularySize: Int
  /// The longest context, `max_position_embeddings`.
  public let maximumPositionCount: Int
  /// `rms_norm_eps`.
  public let normEpsilon: Double
  /// `rope_theta` and `rope_scaling`.
  public let rotary: RotaryEmbedding
  /// Whether the output layer shares the embedding's table, `tie_word_embeddings`.
  public let tiesEmbeddings: Bool
  /// Whether queries, keys and values have biases, `attention_bias` (always in Qwen2).
  public let hasQueryKeyValueBias: Bool
  /// Whether the attention's output projection has a bias, `attention_bias`.
  public let hasAttentionOutputBias: Bool
  /// Whether the feed-forward's projections have biases, `mlp_bias`.
  public let hasFeedForwardBias: Bool
  /// In what the family differs from Llama.
  public let variant: DecoderVariant
  /// The type of activations, and of weights and key-value cache unless they have their own, `torch_dtype`; may be changed to
  /// predict another one.
  public var elementType: ElementType
  /// The formats that weights are stored in; `nil` where they have the activations' type.
  public internal(set) var quantization: Quantization?
  /// The type of the key-value cache where it is not the activations'.
  public var keyValueType: ElementType?
  /// The format in which tensor-parallel devices send partial results to each other, distributed-llama's
  /// `--buffer-float-type`; `nil` for an all-reduce in the activations' type.
  public var sumFormat: QuantizedFormat?
  /// Whether tensor-parallel devices divide the embedding and the output projection by tokens, as Megatron-LM does;
  /// otherwise each has them whole.
  public var dividesVocabulary = true
  /// Among how many of the tensor-parallel devices whole experts are divided, rather than each expert's columns.
  public var expertParallelism = 1

  /// The type of the key-value cache.
  public var cacheElementType: ElementType { keyValueType ?? elementType }

  /// A configuration by hand.
  ///
  /// - Parameters:
  ///   - keyValueHeadCount: as many as query heads unless given.
  ///   - headSize: `hiddenSize / headCount` unless given.
  /// - Throws: with the Hugging Face name of the field that does not fit and the equation that does not hold.
  public init(
    name: String, hiddenSize: Int, intermediateSize: Int, layerCount: Int, headCount: Int,
    keyValueHeadCount: Int? = nil, headSize: Int? = nil, vocabularySize: Int, maximumPositionCount: Int,
    normEpsilon: Double = 1e-5, rotary: RotaryEmbedding = RotaryEmbedding(base: 10_000), tiesEmbeddings: Bool = false,
    hasQueryKeyValueBias: Bool = false, hasAttentionOutputBias: Bool = false, hasFeedForwardBias: Bool = false,
    variant: DecoderVariant = .llama, elementType: ElementType = .bfloat16
  ) throws(ConfigurationError) {
    let sizes = [
      ("hidden_size", hiddenSize, Limits.hidden), ("intermediate_size", intermediateSize, Limits.intermediate),
      ("num_hidden_layers", layerCount, Limits.layers), ("num_attention_heads", headCount, Limits.heads),
      ("num_key_value_heads", keyValueHeadCount ?? 1, Limits.heads), ("head_dim", headSize ?? 1, Limits.heads),
      ("vocab_size", vocabularySize, Limits.vocabulary),
      ("max_position_embeddings", maximumPositionCount, Limits.positions),
    ]
    for (field, size, largest) in sizes where size < 1 || size > largest {
      throw ConfigurationError(
        file: name, field: field, value: "\(size)", rule: "it must be a positive integer, at most \(largest)")
    }
    self.init(
      unchecked: name, hiddenSize: hiddenSize, intermediateSize: intermediateSize, layerCount: layerCount,
      headCount: headCount, keyValueHeadCount: keyValueHeadCount, headSize: headSize, vocabularySize: vocabularySize,
      maximumPositionCount: maximumPositionCount, normEpsilon: normEpsilon, rotary: rotary,
      tiesEmbeddings: tiesEmbeddings, hasQueryKeyValueBias: hasQueryKeyValueBias,
      hasAttentionOutputBias: hasAttentionOutputBias, hasFeedForwardBias: hasFeedForwardBias, variant: variant,
      elementType: elementType)
    try validate(derivesHeadSize: headSize == nil)
  }

  init(
    unchecked name: String, hiddenSize: Int, intermediateSize: Int, layerCount: Int, headCount: Int,
    keyValueHeadCount: Int? = nil, headSize: Int? = nil, vocabularySize: Int, maximumPositionCount: Int,
    normEpsilon: Double = 1e-5, rotary: RotaryEmbedding = RotaryEmbedding(base: 10_000), tiesEmbeddings: Bool = false,
    hasQueryKeyValueBias: Bool = false, hasAttentionOutputBias: Bool = false, hasFeedForwardBias: Bool = false,
    variant: DecoderVariant = .llama, elementType: ElementType = .bfloat16
  ) {
    self.name = name
    self.hiddenSize = hiddenSize
    self.intermediateSize = intermediateSize
    self.layerCount = layerCount
    self.headCount = headCount
    self.keyValueHeadCount = keyValueHeadCount ?? headCount
    self.headSize = headSize ?? hiddenSize / headCount
    self.vocabularySize = vocabularySize
    self.maximumPositionCount = maximumPositionCount
    self.normEpsilon = normEpsilon
    self.rotary = rotary
    self.tiesEmbeddings = tiesEmbeddings
    self.hasQueryKeyValueBias = hasQueryKeyValueBias
    self.hasAttentionOutputBias = hasAttentionOutputBias
    self.hasFeedForwardBias = hasFeedForwardBias
    self.variant = variant
    self.elementType = elementType
  }

  func validate(derivesHeadSize: Bool) throws(ConfigurationError) {
    if derivesHeadSize, hiddenSize % headCount != 0 {
      throw ConfigurationError(
        file: name, field: "num_attention_heads", value: "\(headCount)",
        rule: "hidden_size % num_attention_heads = \(hiddenSize) % \(headCount) = \(hiddenSize % headCount), "
          + "must be 0 unless head_dim is given")
    }
    if headCount % keyValueHeadCount != 0 {
      throw ConfigurationError(
        file: name, field: "num_key_value_heads", value: "\(keyValueHeadCount)",
        rule: "num_attention_heads % num_key_value_heads = \(headCount) % \(keyValueHeadCount) = "
          + "\(headCount % keyValueHeadCount), must be 0")
    }
    if headSize % 2 != 0 {
      throw ConfigurationError(
        file: name, field: "head_dim", value: "\(headSize)", rule: "head_dim % 2 = 1, must be 0 for rotary embedding")
    }
    if headSize > Limits.heads {
      throw ConfigurationError(
        file: name, field: "head_dim", value: "\(headSize)",
        rule: "it must be a positive integer, at most \(Limits.heads)")
    }
  }
}
