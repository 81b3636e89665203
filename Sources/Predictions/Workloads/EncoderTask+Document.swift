import Documents
import Foundation
import Models
import Quantities
import Uniference

extension EncoderTask {
  /// Reads the fields of a scenario that say what an encoder is asked for.
  ///
  /// - Parameters:
  ///   - weights: where the field `weights` leads.
  ///   - documents: receives the text of every file read.
  init(
    _ fields: DocumentFields, family: ModelFamily, weights: String?, documents: inout [DocumentText]
  ) throws(DocumentError) {
    self =
      family == .sentenceEncoder
      ? try Self.sentences(fields, weights: weights, texts: &documents)
      : try Self.imagesAndTexts(fields, weights: weights, texts: &documents)
  }

  private static func sentences(
    _ fields: DocumentFields, weights: String?, texts documents: inout [DocumentText]
  ) throws(DocumentError) -> EncoderTask {
    var model: BertConfiguration
    var input: SentenceInput?
    var normalizes = true
    if let weights {
      let checkpoint = try opened(fields) { try SentenceCheckpoint(contentsOf: weights) }
      (model, normalizes) = (checkpoint.configuration, checkpoint.normalizes)
      if let value = fields["texts"] {
        let texts = try strings(value)
        input = SentenceInput(parameters: checkpoint, texts: texts.map(checkpoint.tokens))
      }
    } else {
      if let value = fields["texts"] {
        throw value.error("texts need weights, whose tokenizer reads them; add weights, or give workload.length")
      }
      model = try configuration(fields, texts: &documents, BertConfiguration.init(huggingFace:file:))
    }
    if let dtype = fields["dtype"] { model.elementType = try .ofWeights(dtype) }
    let workload: SentenceWorkload
    if let input {
      if let value = fields["workload"] {
        throw value.error("the scenario's texts say so already; leave one of them out")
      }
      workload = try checked(fields) { try SentenceWorkload(texts: input.texts) }
    } else {
      let counts = try counts(fields, defaults: ["batch": 1, "length": 128])
      workload = try checked(fields) {
        try SentenceWorkload(batchSize: counts["batch"] ?? 1, length: counts["length"] ?? 1)
      }
    }
    _ = try checked(fields) {
      try SentenceProgram(configuration: model, strategy: .single, workload: workload, speeds: [1], input: input)
    }
    return .sentences(model, workload, input, normalizes: normalizes)
  }

  private static func imagesAndTexts(
    _ fields: DocumentFields, weights: String?, texts documents: inout [DocumentText]
  ) throws(DocumentError) -> EncoderTask {
    var model: CLIPConfiguration
    var input: CLIPInput?
    if let weights {
      let checkpoint = try opened(fields) { try CLIPCheckpoint(contentsOf: weights) }
      model = checkpoint.configuration
      if let value = fields["inputs"] {
        let path = try value.referencedPath("the path of a safetensors file with pixel_values and input_ids")
        do { input = try CLIPInput(contentsOf: path, for: checkpoint) } catch { throw value.error("\(error)") }
      }
    } else {
      if let value = fields["inputs"] { throw value.error("inputs need weights; add weights, or give a workload") }
      model = try configuration(fields, texts: &documents, CLIPConfiguration.init(huggingFace:file:))
    }
    if let dtype = fields["dtype"] { model.elementType = try .ofWeights(dtype) }
    let image = model.channelCount * model.imageSize * model.imageSize
    let workload: CLIPWorkload
    if let input {
      if let value = fields["workload"] {
        throw value.error("the scenario's inputs say so already; leave one of them out")
      }
      workload = try checked(fields) {
        try CLIPWorkload(
          imageCount: input.pixels.count / image, textCount: input.texts.count,
          textLength: input.texts.first?.count ?? 0)
      }
    } else {
      let counts = try counts(fields, defaults: ["images": 1, "texts": 1, "length": model.maximumTextLength])
      workload = try checked(fields) {
        try CLIPWorkload(
          imageCount: counts["images"] ?? 1, textCount: counts["texts"] ?? 1, textLength: counts["length"] ?? 1)
      }
    }
    _ = try checked(fields) {
      try CLIPProgram(configuration: model, strategy: .single, workload: workload, deviceCount: 1, input: input)
    }
    return .imagesAndTexts(model, workload, input)
  }

  private static func configuration<Configuration>(
    _ fields: DocumentFields, texts: inout [DocumentText],
    _ make: (Data, String) throws(ConfigurationError) -> Configuration
  ) throws(DocumentError) -> Configuration {
    let value = try fields.required("model", example: "models/all-minilm-l6-v2.json")
    let document = try value.referencedFile()
    texts.append(document)
    do throws(ConfigurationError) { return try make(Data(document.text.utf8), document.path) } catch {
      throw value.error("\(error)")
    }
  }

  /// Whole numbers of the field `workload`.
  private static func counts(
    _ fields: DocumentFields, defaults: KeyValuePairs<String, Int>
  ) throws(DocumentError) -> [String: Int] {
    var counts = Dictionary(uniqueKeysWithValues: defaults.map { ($0.key, $0.value) })
    guard let value = fields["workload"] else { return counts }
    let workload = try DocumentFields(value, of: "a workload's fields", allowed: defaults.map(\.key))
    for (name, _) in defaults { counts[name] = try workload[name]?.integer(in: 1...10_000_000) ?? counts[name] }
    return counts
  }

  private static func strings(_ value: DocumentValue) throws(DocumentError) -> [String] {
    var elements = [value]
    if case .list(let list) = value.content { elements = list }
    guard !elements.isEmpty else { throw value.error("the list is empty; write a text, or several") }
    return try elements.map { (element) throws(DocumentError) in try element.text("a text") }
  }

  /// What goes wrong with the weights, at their line.
  private static func opened<Opened>(_ fields: DocumentFields, _ open: () throws -> Opened) throws(DocumentError)
    -> Opened
  {
    do { return try open() } catch { throw (fields["weights"] ?? fields.mapping).error("\(error)") }
  }

  /// What goes wrong with the workload, at the line that gives it.
  private static func checked<Result>(_ fields: DocumentFields, _ body: () throws -> Result) throws(DocumentError)
    -> Result
  {
    do { return try body() } catch {
      let place = fields["workload"] ?? fields["texts"] ?? fields["inputs"] ?? fields.mapping
      throw place.error((error as? WorkloadError)?.rule ?? "\(error)")
    }
  }
}
