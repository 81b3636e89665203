import Foundation
import Inputs
import Models
import Quantities
import Reports

/// An encoder's configuration as `uniference models FILE` shows it.
enum EncoderListing {
  case sentences(BertConfiguration)
  case twoTowers(CLIPConfiguration)

  /// Reads a `config.json`, or a model's folder with one.
  ///
  /// - Returns: `nil` for the path of a language model.
  init?(contentsOf path: String) throws {
    let family = ModelFamily(ofModelAt: path)
    guard family == .sentenceEncoder || family == .twoTowers else { return nil }
    let file = path.hasSuffix(".json") ? path : path + "/config.json"
    guard let data = InputFile.optionalContents(of: file, atMost: 4 << 20)?.withoutByteOrderMark else { return nil }
    self =
      family == .sentenceEncoder
      ? .sentences(try BertConfiguration(huggingFace: data, file: path))
      : .twoTowers(try CLIPConfiguration(huggingFace: data, file: path))
  }

  private var name: String {
    switch self {
    case .sentences(let model): model.name
    case .twoTowers(let model): model.name
    }
  }

  private var elementType: ElementType {
    switch self {
    case .sentences(let model): model.elementType
    case .twoTowers(let model): model.elementType
    }
  }

  private var parameterCount: Int {
    switch self {
    case .sentences(let model): model.parameterCount
    case .twoTowers(let model): model.parameterCount
    }
  }

  /// Everything about it, one figure a line.
  func text(_ format: TableFormat) -> String {
    var table = TextTable(columns: [.init(name), .init("", .right)])
    let size = DataSize(bytes: parameterCount * elementType.byteCount)
    for (figure, value) in [("kind", kind), ("parameters", grouped(parameterCount))] + figures
      + [("dtype", elementType.rawValue), ("weights", "\(size)")]
    {
      table.append([figure, value])
    }
    return table.rendered(format)
  }

  private var kind: String {
    switch self {
    case .sentences: "sentence encoder"
    case .twoTowers: "two towers"
    }
  }

  private var figures: [(String, String)] {
    switch self {
    case .sentences(let model):
      [
        ("parameters of a layer", grouped(model.layerParameterCount)), ("layers", "\(model.layerCount)"),
        ("hidden size", "\(model.hiddenSize)"), ("intermediate size", "\(model.intermediateSize)"),
        ("attention heads", "\(model.headCount)"), ("vocabulary", grouped(model.vocabularySize)),
        ("longest text", grouped(model.maximumPositionCount)),
      ]
    case .twoTowers(let model):
      [
        ("parameters of the vision tower", grouped(model.visionParameterCount)),
        ("parameters of the text tower", grouped(model.textParameterCount)),
      ] + figures(of: model.vision, "vision") + figures(of: model.text, "text") + [
        ("image", "\(model.imageSize) x \(model.imageSize) pixels"),
        ("patch", "\(model.patchSize) x \(model.patchSize) pixels"),
        ("vocabulary", grouped(model.vocabularySize)), ("longest text", grouped(model.maximumTextLength)),
        ("embedding size", "\(model.projectionSize)"),
      ]
    }
  }

  private func figures(of tower: CLIPConfiguration.Tower, _ name: String) -> [(String, String)] {
    [
      ("\(name) layers", "\(tower.layerCount)"), ("\(name) hidden size", "\(tower.hiddenSize)"),
      ("\(name) intermediate size", "\(tower.intermediateSize)"), ("\(name) attention heads", "\(tower.headCount)"),
    ]
  }
}

extension EncoderListing: Encodable {
  private enum CodingKeys: String, CodingKey {
    case id, kind, parameters, layers, hidden_size, intermediate_size, attention_heads, vocabulary_size
    case layer_parameters, maximum_positions, dtype, weight_bytes, source
    case vision, text, image_size, patch_size, embedding_size
  }

  private struct Tower: Encodable {
    let parameters: Int
    let layers: Int
    let hidden_size: Int
    let intermediate_size: Int
    let attention_heads: Int

    init(_ tower: CLIPConfiguration.Tower, parameters: Int) {
      self.parameters = parameters
      layers = tower.layerCount
      hidden_size = tower.hiddenSize
      intermediate_size = tower.intermediateSize
      attention_heads = tower.headCount
    }
  }

  /// Writes the figures under the names that language models have, where they mean the same.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .id)
    try container.encode(name, forKey: .source)
    try container.encode(parameterCount, forKey: .parameters)
    try container.encode(elementType.rawValue, forKey: .dtype)
    try container.encode(parameterCount * elementType.byteCount, forKey: .weight_bytes)
    switch self {
    case .sentences(let model):
      try container.encode("sentence_encoder", forKey: .kind)
      try container.encode(model.layerParameterCount, forKey: .layer_parameters)
      try container.encode(model.layerCount, forKey: .layers)
      try container.encode(model.hiddenSize, forKey: .hidden_size)
      try container.encode(model.intermediateSize, forKey: .intermediate_size)
      try container.encode(model.headCount, forKey: .attention_heads)
      try container.encode(model.vocabularySize, forKey: .vocabulary_size)
      try container.encode(model.maximumPositionCount, forKey: .maximum_positions)
    case .twoTowers(let model):
      try container.encode("two_towers", forKey: .kind)
      try container.encode(Tower(model.vision, parameters: model.visionParameterCount), forKey: .vision)
      try container.encode(Tower(model.text, parameters: model.textParameterCount), forKey: .text)
      try container.encode(model.imageSize, forKey: .image_size)
      try container.encode(model.patchSize, forKey: .patch_size)
      try container.encode(model.projectionSize, forKey: .embedding_size)
      try container.encode(model.vocabularySize, forKey: .vocabulary_size)
      try container.encode(model.maximumTextLength, forKey: .maximum_positions)
    }
  }
}
