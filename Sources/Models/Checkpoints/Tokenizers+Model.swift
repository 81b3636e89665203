import Foundation
import Inputs
import Tokenization
import Weights

extension Tokenizers {
  /// The tokenizer of a model: a GGUF file, a `tokenizer.json`, or a folder with one of them.
  ///
  /// - Throws: what is missing or not understood, with the file and the field.
  public static func read(contentsOf path: String) throws -> any Tokenizer {
    if path.hasSuffix(".json") { return try read(tokenizerJSON: path) }
    let own = path + "/tokenizer.json"
    if FileManager.default.fileExists(atPath: own) { return try read(tokenizerJSON: own) }
    guard let gguf = try openWeights(at: path) as? GGUFFile else {
      return try read(tokenizerJSON: PathName(path).beside("tokenizer.json"))
    }
    return try make(fromGGUF: TokenizerMetadata(gguf.metadata))
  }
}
