import Foundation
import Inputs
import Quantities
import Tensors

extension LlamaConfiguration {
  /// Reads a Hugging Face `config.json`.
  ///
  /// - Throws: naming file, field, value and what is allowed. Models of other families, unknown kinds of
  ///   quantized weights and of rotary scalings are refused rather than predicted wrongly.
  public init(huggingFaceFile path: String) throws(ConfigurationError) {
    var isFolder: ObjCBool = false
    let path =
      FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
      ? ModelFolder(path).file("config.json") : path
    let data: Data
    do throws(InputFileError) {
      data = try InputFile.contents(of: path, atMost: ModelFolder.longestConfiguration)
    } catch {
      throw ConfigurationError(
        file: path, rule: "cannot be read (\(error.reason)); it must be a Hugging Face config.json")
    }
    try self.init(huggingFace: data, file: path)
  }

  /// Reads the contents of a Hugging Face `config.json`.
  ///
  /// - Parameter file: its name in errors, and the configuration's name.
  public init(huggingFace data: Data, file: String) throws(ConfigurationError) {
    let fields = try HuggingFaceFields(data, file: file)
    let family = try DecoderFamily(fields)
    let names = family.sizeFields(fields)
    let headCount = try fields.positiveInteger(names.heads, atMost: Limits.heads)
    let layerCount = try fields.positiveInteger(names.layers, atMost: Limits.layers)
    let hiddenSize = try fields.positiveInteger(names.hidden, atMost: Limits.hidden)
    let biases = try family.attentionBiases(fields)
    let (rotary, unknownScaling) = try fields.rotary()
    var variant = try family.variant(fields, layerCount: layerCount)
    if fields["quantization_config"] != nil {
      variant.obstacleToValues = variant.obstacleToValues ?? "quantization_config"
    }
    if let unknownScaling { variant.obstacleToValues = variant.obstacleToValues ?? unknownScaling }
    self.init(
      unchecked: file,
      hiddenSize: hiddenSize,
      intermediateSize: try fields.positiveInteger(
        names.intermediate, ifMissing: family.hasDefaultIntermediateSize ? 4 * hiddenSize : nil,
        atMost: Limits.intermediate),
      layerCount: layerCount,
      headCount: headCount,
      keyValueHeadCount: try fields.positiveInteger(
        "num_key_value_heads", ifMissing: family.keyValueHeadCount ?? headCount, atMost: Limits.heads),
      headSize: fields["head_dim"] == nil
        ? family.headSize : try fields.positiveInteger("head_dim", atMost: Limits.heads),
      vocabularySize: try fields.positiveInteger("vocab_size", atMost: Limits.vocabulary),
      maximumPositionCount: try fields.positiveInteger(
        names.positions, ifMissing: family == .gpt2 ? 1024 : 2048, atMost: Limits.positions),
      normEpsilon: try fields.positiveNumber(family.epsilonField, ifMissing: family.epsilon),
      rotary: rotary,
      tiesEmbeddings: try fields.bool("tie_word_embeddings", ifMissing: family.tiesEmbeddings),
      hasQueryKeyValueBias: biases.inputs,
      hasAttentionOutputBias: biases.output,
      hasFeedForwardBias: try family.feedForwardBias(fields),
      variant: variant,
      elementType: try fields.elementType())
    try validate(derivesHeadSize: fields["head_dim"] == nil && family.headSize == nil)
    guard let quantization = try Quantization(fields) else { return }
    do throws(QuantizationError) {
      self = try quantized(quantization)
    } catch {
      throw ConfigurationError(file: file, rule: "quantization_config: \(error)")
    }
  }
}
