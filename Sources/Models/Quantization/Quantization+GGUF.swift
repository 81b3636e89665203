import Quantities
import Weights

extension Quantization {
  /// What a GGUF file stores a model's parameters in; `nil` where all have the type that is computed with.
  init?(_ file: GGUFFile, of model: LlamaConfiguration) throws(CheckpointError) {
    var formats: [String: QuantizedFormat] = [:]
    var counts: [QuantizedFormat.Kind: Int] = [:]
    let entries = Dictionary(file.entries.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    for matrix in model.matrices {
      guard let entry = entries[try GGUFNames.name(of: matrix.name)],
        let format = QuantizedFormat(stored: entry.encoding, computedIn: model.elementType)
      else { continue }
      formats[matrix.name] = format
      counts[format.kind, default: 0] += matrix.rows * matrix.columns
    }
    guard let most = counts.max(by: { ($0.value, $1.key.rawValue) < ($1.value, $0.key.rawValue) }) else { return nil }
    self.init(name: "GGUF, mostly \(most.key.rawValue)", .stored(formats))
  }
}

extension QuantizedFormat {
  /// The format of a stored tensor; `nil` where its elements have the type that is computed with.
  fileprivate init?(stored encoding: WeightEncoding, computedIn elementType: ElementType) {
    switch encoding {
    case .quantized(let blocks):
      guard let kind = Kind(rawValue: blocks.rawValue), let format = Self.ggml(kind) else { return nil }
      self = format
    case .plain(.float16) where elementType == .float32: self = .float16
    case .plain(.bfloat16) where elementType == .float32: self = .bfloat16
    case .plain, .other: return nil
    }
  }
}
