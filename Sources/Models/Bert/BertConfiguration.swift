import Foundation
import Quantities

/// The architecture of a BERT encoder: what a Hugging Face `config.json` of `model_type` `bert` says.
///
/// Encoder-only transformer with layer normalization after attention and feed-forward and learnt positions (Devlin et
/// al., "BERT", 2019). Sentence encoders such as all-MiniLM-L6-v2 have it.
public struct BertConfiguration: Hashable, Sendable, TensorParallelSizes {
  /// The file it came from.
  public let name: String
  /// Length of a token's hidden state, `hidden_size`.
  public let hiddenSize: Int
  /// Columns of the feed-forward, `intermediate_size`.
  public let intermediateSize: Int
  /// Number of layers, `num_hidden_layers`.
  public let layerCount: Int
  /// Number of heads, `num_attention_heads`.
  public let headCount: Int
  /// Number of tokens, `vocab_size`.
  public let vocabularySize: Int
  /// Number of token types, `type_vocab_size`. Sentences on their own are of type 0.
  public let tokenTypeCount: Int
  /// The longest text, `max_position_embeddings`.
  public let maximumPositionCount: Int
  /// `layer_norm_eps`.
  public let normEpsilon: Double
  /// `hidden_act`.
  public let activation: Activation
  /// What fills up shorter texts of a batch, `pad_token_id`.
  public let paddingToken: Int
  /// The type of weights and activations, `torch_dtype`; may be changed to predict another one.
  public var elementType: ElementType

  /// As many as there are heads.
  public var keyValueHeadCount: Int { headCount }

  /// Parameters of one layer: four projections, two linear layers, two norms, all with biases.
  public var layerParameterCount: Int {
    4 * (hiddenSize * hiddenSize + hiddenSize) + 2 * hiddenSize * intermediateSize + intermediateSize + hiddenSize
      + 4 * hiddenSize
  }

  /// All parameters that a sentence's embedding needs: without the pooler, which is for pairs of sentences.
  public var parameterCount: Int {
    (vocabularySize + tokenTypeCount + maximumPositionCount + 2) * hiddenSize + layerCount * layerParameterCount
  }

  /// Reads the contents of a Hugging Face `config.json`.
  ///
  /// - Parameter file: its name in errors, and the configuration's name.
  /// - Throws: naming file, field, value and what is allowed.
  public init(huggingFace data: Data, file: String) throws(ConfigurationError) {
    let fields = try HuggingFaceFields(data, file: file)
    guard try fields.string("model_type") == "bert" else {
      throw fields.error("model_type", "is not a BERT encoder; it must be \"bert\"")
    }
    try fields.refuseQuantization()
    if let kind = try fields.string("position_embedding_type"), kind != "absolute" {
      throw fields.error("position_embedding_type", "is not modelled; it must be \"absolute\"")
    }
    name = file
    hiddenSize = try fields.positiveInteger("hidden_size", atMost: Limits.hidden)
    intermediateSize = try fields.positiveInteger("intermediate_size", atMost: Limits.intermediate)
    layerCount = try fields.positiveInteger("num_hidden_layers", atMost: Limits.layers)
    headCount = try fields.dividing("num_attention_heads", "hidden_size")
    vocabularySize = try fields.positiveInteger("vocab_size", atMost: Limits.vocabulary)
    tokenTypeCount = try fields.positiveInteger("type_vocab_size", ifMissing: 2, atMost: Limits.vocabulary)
    maximumPositionCount = try fields.positiveInteger(
      "max_position_embeddings", ifMissing: 512, atMost: Limits.positions)
    normEpsilon = try fields.positiveNumber("layer_norm_eps", ifMissing: 1e-12)
    activation = try fields.activation(ifMissing: .gelu)
    paddingToken = try fields.token("pad_token_id", ifMissing: 0, below: vocabularySize)
    elementType = try fields.elementType()
  }
}
