import Foundation
import Quantities

/// Named tensors in one file or several: only what is read takes memory.
public protocol WeightFile: Sendable {
  /// Its tensors.
  var table: TensorTable { get }
}

extension WeightFile {
  /// All tensors, in the order of the file.
  public var entries: [WeightEntry] { table.tensors.map(\.entry) }

  /// The tensor of a name.
  ///
  /// - Throws: with the nearest name, when there is none.
  public func entry(named name: String) throws(WeightError) -> WeightEntry { try table.tensor(name).entry }

  /// Writes a part of a tensor to `destination`, row after row, converted to `elementType`.
  ///
  /// - Parameters:
  ///   - elementType: float32, float16 or bfloat16 for what is stored as a floating-point type or quantised; else the
  ///     type that is stored.
  ///   - destination: exactly as large as the part.
  /// - Throws: when the part does not lie within the tensor or the conversion is not possible.
  public func read(
    _ name: String, _ part: WeightPart, as elementType: ElementType, into destination: UnsafeMutableRawBufferPointer
  ) throws(WeightError) {
    try table.tensor(name).read(part, as: elementType, into: destination)
  }
}

/// What a file says of a tensor.
public struct WeightEntry: Hashable, Sendable {
  /// Unique in its file.
  public let name: String
  /// Length of each axis, outermost first, as in PyTorch.
  public let shape: [Int]
  /// How the elements are stored.
  public let encoding: WeightEncoding
  /// Size in the file.
  public let byteCount: Int
}

/// How elements are stored.
public enum WeightEncoding: Hashable, Sendable, CustomStringConvertible {
  /// One after another.
  case plain(ElementType)
  /// In blocks that share scales.
  case quantized(BlockQuantization)
  /// In a format that is known by its name alone: such a tensor is listed and cannot be read.
  case other(String)

  /// The formats whose elements can be read, for errors.
  public static let readable =
    (["float32", "float16", "bfloat16", "float64", "integers"] + BlockQuantization.allCases.map(\.rawValue))
    .joined(separator: ", ")

  /// Whether elements can be read.
  public var isReadable: Bool { if case .other = self { false } else { true } }

  /// `float32`, `Q4_K`.
  public var description: String {
    switch self {
    case .plain(let type): type.rawValue
    case .quantized(let quantization): quantization.rawValue
    case .other(let name): name
    }
  }
}

/// Rows of a tensor's first axis and columns of its last one; all of them where `nil`. Of a vector, `rows` are its
/// elements.
public struct WeightPart: Hashable, Sendable {
  /// Entries of the first axis.
  public var rows: Range<Int>?
  /// Entries of the last axis of a tensor that has more than one.
  public var columns: Range<Int>?

  /// Everything.
  public static let whole = WeightPart()

  /// A part; everything unless told.
  public init(rows: Range<Int>? = nil, columns: Range<Int>? = nil) {
    self.rows = rows
    self.columns = columns
  }
}

/// Opens a `.gguf` or `.safetensors` file, a `.safetensors.index.json` with its shards, or a folder with one of these.
///
/// - Throws: what is missing or malformed, with the file.
public func openWeights(at path: String) throws(WeightError) -> any WeightFile {
  var isFolder: ObjCBool = false
  guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
    throw WeightError(path, "is not there; give a .gguf or .safetensors file or the folder of a model")
  }
  guard isFolder.boolValue else { return try openFile(path) }
  let names = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  for suffix in [".safetensors.index.json", ".safetensors", ".gguf"] {
    let found = names.filter { $0.hasSuffix(suffix) }
    if found.count > 1 {
      throw WeightError(path, "has several files *\(suffix) (\(found.joined(separator: ", "))); give one of them")
    }
    if let name = found.first { return try openFile("\(path)/\(name)") }
  }
  throw WeightError(path, "has no *.safetensors.index.json, *.safetensors or *.gguf")
}

private func openFile(_ path: String) throws(WeightError) -> any WeightFile {
  if path.hasSuffix(".gguf") { return try GGUFFile(path: path) }
  if path.hasSuffix(".safetensors") { return try SafetensorsFile(path: path) }
  if path.hasSuffix(".safetensors.index.json") { return try ShardedSafetensors(indexPath: path) }
  throw WeightError(path, "is of no known kind; give a .gguf, .safetensors or .safetensors.index.json file")
}
