import Quantities
import Tensors
import Weights

/// A published model of two towers: configuration and parameters.
public struct CLIPCheckpoint: ParameterSource {
  /// The model.
  public let configuration: CLIPConfiguration
  private let parameters: WeightFileParameters

  /// Opens a folder as Hugging Face publishes it (`config.json`, safetensors). Checks that all parameters
  /// are there, and reads none yet.
  ///
  /// - Throws: what is missing or not understood, with the file and the field.
  public init(contentsOf path: String) throws {
    let folder = ModelFolder(path)
    let (data, file) = try folder.configuration()
    configuration = try CLIPConfiguration(huggingFace: data, file: file)
    parameters = WeightFileParameters(file: try openWeights(at: folder.path), modelName: file)
    _ = try CLIPTowers(parameters.checking(configuration.elementType), configuration, .both)
  }

  /// Reads the part of a parameter that a device holds, converted to its type.
  public func fill(_ tensor: Tensor, with part: ParameterPart) throws { try parameters.fill(tensor, with: part) }
}

extension CLIPInput {
  /// Images and texts from a safetensors file with `pixel_values` `[images, channels, height, width]` and `input_ids`
  /// `[texts, length]`, as the processors of transformers make them.
  ///
  /// - Throws: what is missing or of another shape, with the file.
  public init(contentsOf path: String, for checkpoint: CLIPCheckpoint) throws {
    let file = try openWeights(at: path)
    let (model, images) = (checkpoint.configuration, try file.entry(named: "pixel_values"))
    let image = [model.channelCount, model.imageSize, model.imageSize]
    guard images.shape.count == 4, Array(images.shape.dropFirst()) == image else {
      throw CheckpointError("\(path): pixel_values are \(images.shape), \(model.name) needs images of \(image)")
    }
    let texts = try file.entry(named: "input_ids")
    guard texts.shape.count == 2, texts.encoding == .plain(.int64) else {
      throw CheckpointError("\(path): input_ids must be int64 of two axes, they are \(texts.encoding) \(texts.shape)")
    }
    let ids = try Self.elements(of: "input_ids", in: file, as: .int64, zero: Int64(0)).map(Int.init)
    let length = texts.shape[1]
    self.init(
      parameters: checkpoint,
      pixels: try Self.elements(of: "pixel_values", in: file, as: .float32, zero: Float(0)),
      texts: (0..<texts.shape[0]).map { Array(ids[$0 * length..<($0 + 1) * length]) })
  }

  private static func elements<Element: BitwiseCopyable>(
    of name: String, in file: any WeightFile, as elementType: ElementType, zero: Element
  ) throws -> [Element] {
    var values = Array(repeating: zero, count: try file.entry(named: name).shape.reduce(1, *))
    try values.withUnsafeMutableBytes { try file.read(name, .whole, as: elementType, into: $0) }
    return values
  }
}
