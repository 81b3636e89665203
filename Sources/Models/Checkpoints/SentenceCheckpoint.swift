import Foundation
import Tensors
import Tokenization
import Weights

/// A published sentence encoder: configuration, parameters, tokenizer, and how embeddings are made of hidden states.
public struct SentenceCheckpoint: ParameterSource {
  /// The model.
  public let configuration: BertConfiguration
  /// Text to tokens.
  public let tokenizer: any Tokenizer
  /// Longer texts are cut after so many tokens.
  public let longestText: Int
  /// Whether embeddings are given the length 1.
  public let normalizes: Bool
  private let parameters: WeightFileParameters

  /// Opens a folder as sentence-transformers publishes it (`config.json`, safetensors, `tokenizer.json`, `modules.json`,
  /// `1_Pooling/config.json`, `sentence_bert_config.json`). Checks that
  /// all parameters are there, and reads none yet.
  ///
  /// - Throws: what is missing or not understood, with the file and the field.
  public init(contentsOf path: String) throws {
    struct Length: Decodable { let max_seq_length: Int? }
    struct Module: Decodable { let type: String }
    let folder = ModelFolder(path)
    let (data, file) = try folder.configuration()
    configuration = try BertConfiguration(huggingFace: data, file: file)
    tokenizer = try Tokenizers.readWordPiece(tokenizerJSON: folder.file("tokenizer.json"))
    let length = folder.optional("sentence_bert_config.json", as: Length.self)?.max_seq_length
    longestText = min(length ?? configuration.maximumPositionCount, configuration.maximumPositionCount)
    let modules = folder.optional("modules.json", as: [Module].self) ?? []
    normalizes = modules.contains { $0.type.hasSuffix("Normalize") }
    try Self.requireMean(folder)
    let weights = try openWeights(at: folder.path)
    let prefix = weights.entries.contains { $0.name.hasPrefix("bert.") } ? "bert." : ""
    parameters = WeightFileParameters(file: weights, modelName: file) { prefix + $0 }
    _ = try BertEncoder(
      parameters.checking(configuration.elementType), configuration, share: TensorShare(whole: configuration),
      group: nil)
  }

  /// Other ways to make one vector of many would give other embeddings.
  private static func requireMean(_ folder: ModelFolder) throws {
    struct Pooling: Decodable {
      let pooling_mode_mean_tokens: Bool?
      let pooling_mode_cls_token: Bool?
      let pooling_mode_max_tokens: Bool?
    }
    let name = "1_Pooling/config.json"
    guard let pooling = folder.optional(name, as: Pooling.self) else { return }
    let others = [pooling.pooling_mode_cls_token, pooling.pooling_mode_max_tokens]
    guard pooling.pooling_mode_mean_tokens ?? true, !others.contains(true) else {
      throw CheckpointError("\(folder.file(name)): only pooling_mode_mean_tokens is understood; it must be true alone")
    }
  }

  /// The tokens of a text as the model expects them, no more than ``longestText``: what is cut off is the text's end.
  public func tokens(of text: String) -> [Int] {
    let tokens = tokenizer.encode(text, addingSpecialTokens: true)
    guard tokens.count > longestText else { return tokens }
    // As many marks stand before a text as behind it.
    let marks = tokenizer.encode("", addingSpecialTokens: true).count / 2
    return Array(tokens.prefix(longestText - marks) + tokens.suffix(marks))
  }

  /// Reads the part of a parameter that a device holds, converted to its type.
  public func fill(_ tensor: Tensor, with part: ParameterPart) throws { try parameters.fill(tensor, with: part) }
}
