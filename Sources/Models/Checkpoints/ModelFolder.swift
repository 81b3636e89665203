import Foundation
import Inputs

/// A model as Hugging Face publishes it: a folder of `config.json`, safetensors and what else the model needs.
struct ModelFolder {
  let path: String

  /// Bytes of a configuration; published ones have some thousands.
  static let longestConfiguration = 4 << 20

  /// - Parameter path: the folder, or a file in it.
  init(_ path: String) {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    self.path = exists && !isFolder.boolValue ? PathName(path).folder : path
  }

  /// Where a file of the folder is.
  func file(_ name: String) -> String { "\(path)/\(name)" }

  /// The model's configuration.
  func configuration() throws(ConfigurationError) -> (data: Data, file: String) {
    let file = file("config.json")
    do throws(InputFileError) {
      return (try InputFile.contents(of: file, atMost: Self.longestConfiguration), file)
    } catch {
      throw ConfigurationError(
        file: file, rule: "cannot be read (\(error.reason)); a model's folder needs its config.json")
    }
  }

  /// A JSON file that not every model has.
  func optional<Contents: Decodable>(_ name: String, as type: Contents.Type) -> Contents? {
    InputFile.optionalContents(of: file(name), atMost: Self.longestConfiguration)
      .flatMap { try? JSONDecoder().decode(type, from: $0.withoutByteOrderMark) }
  }
}
