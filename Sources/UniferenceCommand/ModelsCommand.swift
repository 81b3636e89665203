import ArgumentParser
import Models
import Quantities
import Reports
import Results
import Uniference

/// `uniference models`.
struct ModelsCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "models",
    abstract: "List the models that scenarios may name, or show one of them or of a Hugging Face config.json.")

  @Argument(
    help: ArgumentHelp(
      "A model's id, or the path of the config.json of a language model, BERT or CLIP.", valueName: "id")
  )
  var name: String?

  @OptionGroup var tables: TableOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  func perform() async throws {
    guard let name else {
      let models = LlamaConfiguration.presets.map { ModelListing.Model($0.configuration, source: $0.source) }
      try StandardOutput.print(
        json ? try jsonText(ModelListing(models: models)) + "\n" : modelTable(models, tables.format), terminator: "")
      return
    }
    if LlamaConfiguration.preset(name) == nil, let encoder = try EncoderListing(contentsOf: name) {
      try StandardOutput.print(json ? try jsonText(encoder) + "\n" : encoder.text(tables.format), terminator: "")
      return
    }
    let configuration = try LlamaConfiguration(named: name)
    let source = LlamaConfiguration.presets.first { $0.id == name }?.source ?? name
    let model = ModelListing.Model(configuration, source: source)
    try StandardOutput.print(json ? try jsonText(model) + "\n" : modelDetails(model, tables.format), terminator: "")
  }
}

/// What `uniference models --json` prints.
struct ModelListing: Encodable {
  struct Model: Encodable {
    let id: String
    let parameters: Int
    let layer_parameters: Int
    let layers: Int
    let hidden_size: Int
    let intermediate_size: Int
    let attention_heads: Int
    let key_value_heads: Int
    let head_size: Int
    let vocabulary_size: Int
    let maximum_positions: Int
    let tied_embeddings: Bool
    let dtype: String
    /// How weights are stored where they have not that type.
    let quantization: String?
    let weight_bytes: Int
    let key_value_cache_bytes_per_token: Int
    let source: String
  }

  let models: [Model]
}

extension ModelListing.Model {
  init(_ model: LlamaConfiguration, source: String) {
    self.init(
      id: model.name, parameters: model.parameterCount, layer_parameters: model.layerParameterCount,
      layers: model.layerCount, hidden_size: model.hiddenSize, intermediate_size: model.intermediateSize,
      attention_heads: model.headCount, key_value_heads: model.keyValueHeadCount, head_size: model.headSize,
      vocabulary_size: model.vocabularySize, maximum_positions: model.maximumPositionCount,
      tied_embeddings: model.tiesEmbeddings, dtype: model.elementType.rawValue,
      quantization: model.quantization?.name, weight_bytes: model.weightByteCount,
      key_value_cache_bytes_per_token: model.keyValueCacheByteCount(positionCount: 1), source: source)
  }
}

/// One line for each model.
func modelTable(_ models: [ModelListing.Model], _ format: TableFormat = TableFormat()) -> String {
  var table = TextTable(
    columns: [
      .init("id"), .init("parameters", .right), .init("layers", .right), .init("hidden", .right, leftOut: 2),
      .init("heads", .right, leftOut: 3), .init("KV heads", .right, leftOut: 4), .init("weights", .right),
      .init("dtype"), .init("source", leftOut: 1),
    ])
  for model in models {
    table.append([
      model.id, grouped(model.parameters), "\(model.layers)", "\(model.hidden_size)", "\(model.attention_heads)",
      "\(model.key_value_heads)", "\(DataSize(bytes: model.weight_bytes))", model.dtype, model.source,
    ])
  }
  return table.rendered(format)
}

/// Everything about one model, one figure a line.
func modelDetails(_ model: ModelListing.Model, _ format: TableFormat = TableFormat()) -> String {
  var table = TextTable(columns: [.init(model.id), .init("", .right)])
  let size = DataSize(bytes: model.weight_bytes)
  let stored = model.quantization.map { "\(size), \($0)" } ?? "\(size)"
  for (figure, value) in [
    ("parameters", grouped(model.parameters)), ("parameters of a layer", grouped(model.layer_parameters)),
    ("layers", "\(model.layers)"), ("hidden size", "\(model.hidden_size)"),
    ("intermediate size", "\(model.intermediate_size)"), ("attention heads", "\(model.attention_heads)"),
    ("key-value heads", "\(model.key_value_heads)"), ("head size", "\(model.head_size)"),
    ("vocabulary", grouped(model.vocabulary_size)), ("longest context", grouped(model.maximum_positions)),
    ("tied embeddings", model.tied_embeddings ? "yes" : "no"), ("dtype", model.dtype), ("weights", stored),
    ("key-value cache of a token", "\(DataSize(bytes: model.key_value_cache_bytes_per_token))"),
  ] {
    table.append([figure, value])
  }
  return table.rendered(format) + "Source: \(model.source)\n"
}
