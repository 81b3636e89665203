import Foundation
import Quantities

/// The architecture of a model of two towers: what a Hugging Face `config.json` of `model_type` `clip` says.
///
/// A vision transformer encodes images, a transformer with causal attention encodes texts, and the embeddings of what
/// belongs together lie close to each other (Radford et al., "Learning Transferable Visual Models From Natural Language
/// Supervision", 2021).
public struct CLIPConfiguration: Hashable, Sendable {
  /// One of the towers.
  public struct Tower: Hashable, Sendable {
    /// Length of a position's hidden state, `hidden_size`.
    public let hiddenSize: Int
    /// Columns of the feed-forward, `intermediate_size`.
    public let intermediateSize: Int
    /// Number of layers, `num_hidden_layers`.
    public let layerCount: Int
    /// Number of heads, `num_attention_heads`.
    public let headCount: Int
    /// `layer_norm_eps`.
    public let normEpsilon: Double
    /// `hidden_act`.
    public let activation: Activation

    /// Parameters of the layers: four projections, two linear layers, two norms, all with biases.
    var layersParameterCount: Int {
      let attention = 4 * (hiddenSize * hiddenSize + hiddenSize)
      let feedForward = 2 * hiddenSize * intermediateSize + intermediateSize + hiddenSize
      return layerCount * (attention + feedForward + 4 * hiddenSize)
    }
  }

  /// The file it came from.
  public let name: String
  /// What encodes texts.
  public let text: Tower
  /// What encodes images.
  public let vision: Tower
  /// Number of tokens, `text_config.vocab_size`.
  public let vocabularySize: Int
  /// The longest text, `text_config.max_position_embeddings`.
  public let maximumTextLength: Int
  /// The token whose position a text's embedding is taken from, `text_config.eos_token_id`. Older files say 2 and mean
  /// the last token of the vocabulary, as transformers does.
  public let endOfTextToken: Int
  /// Height and width of an image in pixels, `vision_config.image_size`.
  public let imageSize: Int
  /// Height and width of the squares that an image is cut into, `vision_config.patch_size`.
  public let patchSize: Int
  /// `vision_config.num_channels`.
  public let channelCount: Int
  /// Length of an embedding, `projection_dim`.
  public let projectionSize: Int
  /// The type of weights and activations, `torch_dtype`; may be changed to predict another one.
  public var elementType: ElementType

  /// Squares of an image.
  public var patchCount: Int { (imageSize / patchSize) * (imageSize / patchSize) }

  /// Positions of an image in its tower: the class's and one for each square.
  public var imagePositionCount: Int { patchCount + 1 }

  /// Parameters of the vision tower with its projection.
  public var visionParameterCount: Int {
    let width = vision.hiddenSize
    let embedding = width + width * channelCount * patchSize * patchSize + imagePositionCount * width
    return embedding + 4 * width + vision.layersParameterCount + projectionSize * width
  }

  /// Parameters of the text tower with its projection.
  public var textParameterCount: Int {
    let width = text.hiddenSize
    return (vocabularySize + maximumTextLength) * width + 2 * width + text.layersParameterCount
      + projectionSize * width
  }

  /// All parameters, the scale of the similarities among them.
  public var parameterCount: Int { visionParameterCount + textParameterCount + 1 }

  /// Reads the contents of a Hugging Face `config.json`. Fields that are not there have the figures of ViT-B/32, as in
  /// transformers.
  ///
  /// - Parameter file: its name in errors, and the configuration's name.
  /// - Throws: naming file, field, value and what is allowed.
  public init(huggingFace data: Data, file: String) throws(ConfigurationError) {
    let fields = try HuggingFaceFields(data, file: file)
    guard try fields.string("model_type") == "clip" else {
      throw fields.error("model_type", "is not a model of two towers; it must be \"clip\"")
    }
    try fields.refuseQuantization()
    guard let text = try fields.object("text_config"), let vision = try fields.object("vision_config") else {
      throw fields.error(fields["text_config"] == nil ? "text_config" : "vision_config", "it must be an object")
    }
    name = file
    self.text = try Tower(text, hiddenSize: 512, intermediateSize: 2048, headCount: 8)
    self.vision = try Tower(vision, hiddenSize: 768, intermediateSize: 3072, headCount: 12)
    let vocabularySize = try text.positiveInteger("vocab_size", ifMissing: 49_408, atMost: Limits.vocabulary)
    self.vocabularySize = vocabularySize
    maximumTextLength = try text.positiveInteger(
      "max_position_embeddings", ifMissing: 77, atMost: Limits.positions)
    let end = try text.token("eos_token_id", ifMissing: vocabularySize - 1, below: vocabularySize)
    endOfTextToken = end == 2 ? vocabularySize - 1 : end
    imageSize = try vision.positiveInteger("image_size", ifMissing: 224, atMost: Limits.image)
    patchSize = try vision.positiveInteger("patch_size", ifMissing: 32, atMost: Limits.patch)
    channelCount = try vision.positiveInteger("num_channels", ifMissing: 3, atMost: Limits.channels)
    projectionSize = try fields.positiveInteger("projection_dim", ifMissing: 512, atMost: Limits.hidden)
    elementType = try fields.elementType()
    guard imageSize % patchSize == 0 else {
      throw vision.error(
        "patch_size", "image_size % patch_size = \(imageSize) % \(patchSize) = \(imageSize % patchSize), must be 0")
    }
  }
}

extension CLIPConfiguration.Tower {
  init(_ fields: HuggingFaceFields, hiddenSize: Int, intermediateSize: Int, headCount: Int) throws(ConfigurationError) {
    self.hiddenSize = try fields.positiveInteger("hidden_size", ifMissing: hiddenSize, atMost: Limits.hidden)
    self.intermediateSize = try fields.positiveInteger(
      "intermediate_size", ifMissing: intermediateSize, atMost: Limits.intermediate)
    layerCount = try fields.positiveInteger("num_hidden_layers", ifMissing: 12, atMost: Limits.layers)
    self.headCount = try fields.positiveInteger("num_attention_heads", ifMissing: headCount, atMost: Limits.heads)
    normEpsilon = try fields.positiveNumber("layer_norm_eps", ifMissing: 1e-5)
    activation = try fields.activation(ifMissing: .quickGELU)
    guard self.hiddenSize % self.headCount == 0 else {
      throw fields.error(
        "num_attention_heads",
        "hidden_size % num_attention_heads = \(self.hiddenSize) % \(self.headCount) = "
          + "\(self.hiddenSize % self.headCount), must be 0")
    }
  }
}
