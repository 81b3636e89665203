import Foundation
import Inputs

/// The kinds of models that there are programs for.
public enum ModelFamily: Hashable, Sendable {
  /// Language models that generate.
  case decoder
  /// Encoders of sentences.
  case sentenceEncoder
  /// Encoders of images and texts.
  case twoTowers

  /// The family of the model whose weights, folder or `config.json` is at a path: what its configuration says is its
  /// `model_type`. A decoder where there is none, such as beside a GGUF file.
  public init(ofModelAt path: String) {
    struct Configuration: Decodable { let model_type: String? }
    let file = path.hasSuffix(".json") ? path : ModelFolder(path).file("config.json")
    let data =
      path.hasSuffix(".gguf") ? nil : InputFile.optionalContents(of: file, atMost: ModelFolder.longestConfiguration)
    let configuration = data.flatMap { try? JSONDecoder().decode(Configuration.self, from: $0.withoutByteOrderMark) }
    switch configuration?.model_type {
    case "bert": self = .sentenceEncoder
    case "clip": self = .twoTowers
    default: self = .decoder
    }
  }
}
