import Documents
import Foundation
import Models
import Quantities
import Uniference

extension TextGeneration {
  /// Reads the fields of a scenario that say what a language model is asked for.
  ///
  /// - Parameters:
  ///   - weights: where the field `weights` leads.
  ///   - documents: receives the text of every file read.
  init(_ fields: DocumentFields, weights: String?, documents: inout [DocumentText]) throws(DocumentError) {
    let (model, text) = try Self.modelAndText(fields, weights: weights, documents: &documents)
    self.init(model: model, shape: try Self.shape(fields, of: model, text), text: text)
  }

  /// Reads the fields that say which model it is, and what the prompts say.
  static func modelAndText(
    _ fields: DocumentFields, weights: String?, documents: inout [DocumentText]
  ) throws(DocumentError) -> (LlamaConfiguration, ScenarioText?) {
    let checkpoint = try weights.map { (path) throws(DocumentError) in
      do { return try LlamaCheckpoint(contentsOf: path) } catch {
        throw (fields["weights"] ?? fields.mapping).error("\(error)")
      }
    }
    var model = try Self.stored(Self.model(fields, checkpoint, texts: &documents), as: fields["dtype"])
    if let value = fields["quantization"] { model = try Self.quantized(model, value, hasWeights: weights != nil) }
    if let value = fields["kv_cache_dtype"] { model.keyValueType = try .ofKeyValueCache(value) }
    if let value = fields["buffer_float_type"] { model.sumFormat = try Self.sumFormat(value) }
    return (model, try Self.text(fields, checkpoint))
  }

  private static func shape(
    _ scenario: DocumentFields, of model: LlamaConfiguration, _ text: ScenarioText?
  ) throws(DocumentError) -> LlamaWorkload {
    var (prompt, generate, batch) = (text?.promptTokens[0].count ?? 128, 128, text?.prompts.count ?? 1)
    if let value = scenario["workload"] {
      if case .mapping(let entries) = value.content, let arrivals = entries.first(where: { $0.name == "arrivals" }) {
        throw arrivals.value.error("requests arrive where a model is served; add the field serving: {}")
      }
      let fields = try DocumentFields(value, of: "a workload's fields", allowed: ["prompt", "generate", "batch"])
      let range = 1...10_000_000
      for (name, given) in [("prompt", text?.promptTokens[0].count), ("batch", text?.prompts.count)] {
        guard let given, let field = fields[name] else { continue }
        throw field.error("the scenario's prompt says so already: it is \(given); leave one of them out")
      }
      prompt = try fields["prompt"]?.integer(in: range) ?? prompt
      generate = try fields["generate"]?.integer(in: range) ?? generate
      batch = try fields["batch"]?.integer(in: range) ?? batch
    }
    do {
      let workload = try LlamaWorkload(batchSize: batch, promptLength: prompt, generatedTokenCount: generate)
      // A program of one device checks the workload against the model.
      _ = try LlamaProgram(configuration: model, strategy: .single, workload: workload, speeds: [1])
      return workload
    } catch {
      let place = scenario["workload"] ?? scenario.mapping
      let rule = (error as? WorkloadError)?.rule ?? "\(error)"
      throw DocumentError(place.origin, field: scenario.mapping.path(to: "workload"), rule)
    }
  }

  private static func text(_ fields: DocumentFields, _ checkpoint: LlamaCheckpoint?) throws(DocumentError)
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

  private static func model(
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

  private static func quantized(
    _ model: LlamaConfiguration, _ value: DocumentValue, hasWeights: Bool
  ) throws(DocumentError) -> LlamaConfiguration {
    if hasWeights { throw value.error("the scenario's weights say so already; leave one of them out") }
    if let own = model.quantization {
      throw value.error("\(model.name) says so already: \(own); leave it out, or give the unquantized model")
    }
    let name = try value.text("a quantization such as q4_k_m")
    do throws(QuantizationError) {
      return try model.quantized(Quantization(named: name))
    } catch {
      throw value.error("\(error)")
    }
  }

  /// distributed-llama's names: `f32` for the activations' type.
  private static func sumFormat(_ value: DocumentValue) throws(DocumentError) -> QuantizedFormat? {
    let name = try value.text("f32 or q80")
    switch name.lowercased() {
    case "f32": return nil
    case "q80": return .ggml(.q8_0)
    default: throw value.error(unknownNameMessage("buffer_float_type", name, allowed: ["f32", "q80"]))
    }
  }

  private static func stored(
    _ model: LlamaConfiguration, as dtype: DocumentValue?
  ) throws(DocumentError) -> LlamaConfiguration {
    guard let dtype else { return model }
    let elementType = try ElementType.ofWeights(dtype)
    do throws(ConfigurationError) {
      return try model.storing(elementType)
    } catch {
      throw dtype.error("\(error)")
    }
  }
}
