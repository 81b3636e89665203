import Foundation
import Inputs
import Quantities

extension LlamaConfiguration {
  /// The model of a preset's name, or of the path of a Hugging Face `config.json` or of the folder that holds it, as a user
  /// writes it.
  ///
  /// - Throws: ``ConfigurationError`` for a file that is not Llama's; ``UnknownModelError`` for a name that is neither.
  public init(named name: String) throws {
    if let preset = Self.preset(name) {
      self = preset
    } else if Self.isPath(name) || FileManager.default.fileExists(atPath: name) {
      try self.init(huggingFaceFile: name)
    } else {
      throw UnknownModelError(name: name)
    }
  }

  /// Whether a text that names no preset is meant to be a file.
  package static func isPath(_ name: String) -> Bool { name.contains("/") || name.hasSuffix(".json") }

  package static func unknownPresetMessage(_ name: String) -> String {
    let likely = likelyNames(for: name, among: presets.map(\.id))
    return "unknown model \"\(quotable(name))\"\(didYouMean(likely)) (uniference models lists all; the path of a "
      + "config.json is another way)"
  }

  /// The same model with weights, activations and caches of another element type, as far as they have no own.
  package func storing(_ elementType: ElementType) throws(ConfigurationError) -> LlamaConfiguration {
    var model = try LlamaConfiguration(
      name: name, hiddenSize: hiddenSize, intermediateSize: intermediateSize, layerCount: layerCount,
      headCount: headCount, keyValueHeadCount: keyValueHeadCount, headSize: headSize, vocabularySize: vocabularySize,
      maximumPositionCount: maximumPositionCount, normEpsilon: normEpsilon, rotary: rotary,
      tiesEmbeddings: tiesEmbeddings, hasQueryKeyValueBias: hasQueryKeyValueBias,
      hasAttentionOutputBias: hasAttentionOutputBias, hasFeedForwardBias: hasFeedForwardBias, variant: variant,
      elementType: elementType)
    model.quantization = quantization
    model.expertParallelism = expertParallelism
    model.keyValueType = keyValueType
    model.sumFormat = sumFormat
    return model
  }
}

/// A name that no preset has.
public struct UnknownModelError: Error, Hashable, Sendable, CustomStringConvertible, UserFacingError {
  /// The name.
  public let name: String

  /// One line, with the nearest preset.
  public var description: String { LlamaConfiguration.unknownPresetMessage(name) }
}
