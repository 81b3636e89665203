import Foundation
import Quantities

/// A safetensors file: a JSON head with names, types and places, then the elements.
///
/// Source: Hugging Face, safetensors, "Format".
public struct SafetensorsFile: WeightFile {
  private let table: TensorTable

  /// Reads the head of a file.
  ///
  /// - Throws: ``WeightError`` with the tensor at fault.
  public init(path: String) throws(WeightError) {
    table = try TensorTable(path: path, Self.tensors(in: MappedFile(path: path)))
  }

  static func tensors(in file: MappedFile) throws(WeightError) -> [StoredTensor] {
    let fileCount = file.bytes.count
    guard fileCount >= 8 else {
      throw WeightError(file.path, "is no safetensors file: it has \(fileCount) bytes, the length of its head takes 8")
    }
    let length = UInt64(littleEndian: file.bytes.loadUnaligned(as: UInt64.self))
    guard length <= UInt64(fileCount - 8) else {
      throw WeightError(
        file.path, "has a head of \(length) bytes, but only \(fileCount) in all; it is cut off or corrupt")
    }
    let start = 8 + Int(length)
    let head: [String: HeadEntry]
    do {
      head = try JSONDecoder().decode(
        [String: HeadEntry].self, from: Data(UnsafeRawBufferPointer(rebasing: file.bytes[8..<start])))
    } catch {
      throw WeightError(file.path, "has a head that is not the JSON of a safetensors file: \(Self.reason(error))")
    }
    let tensors = try head.filter { $0.key != "__metadata__" }
      .map { (name, entry) throws(WeightError) in try entry.tensor(name, in: file, dataStart: start) }
      .sorted { ($0.offset, $0.entry.name) < ($1.offset, $1.entry.name) }
    for (one, next) in zip(tensors, tensors.dropFirst()) where one.offset + one.entry.byteCount > next.offset {
      throw WeightError(file.path, "has \(one.entry.name) and \(next.entry.name) at the same place")
    }
    // The format allows no gaps, so bytes that belong to no tensor are a sign of damage.
    let described = tensors.reduce(0) { $0 + $1.entry.byteCount }
    guard described == fileCount - start else {
      throw WeightError(
        file.path, "has \(fileCount - start) bytes of tensors, its head describes \(described); it is corrupt")
    }
    return tensors
  }

  private static func reason(_ error: any Error) -> String {
    guard let error = error as? DecodingError else { return "\(error)" }
    switch error {
    case .keyNotFound(let key, let context): return "\(place(context)) has no \(key.stringValue)"
    case .typeMismatch(_, let context), .valueNotFound(_, let context): return "\(place(context)) is of another type"
    case .dataCorrupted: return "it cannot be parsed"
    @unknown default: return "it cannot be parsed"
    }
  }

  private static func place(_ context: DecodingError.Context) -> String {
    context.codingPath.isEmpty ? "it" : context.codingPath.map(\.stringValue).joined(separator: ".")
  }

  /// All tensors, in the order of the file.
  public var entries: [WeightEntry] { table.tensors.map(\.entry) }

  /// The tensor of a name.
  public func entry(named name: String) throws(WeightError) -> WeightEntry { try table.tensor(name).entry }

  /// Writes a part of a tensor, converted.
  public func read(
    _ name: String, _ part: WeightPart, as elementType: ElementType, into destination: UnsafeMutableRawBufferPointer
  ) throws(WeightError) {
    try table.tensor(name).read(part, as: elementType, into: destination)
  }
}

/// What a safetensors file's head says of one tensor. `__metadata__` has none of it.
private struct HeadEntry: Decodable {
  let dtype: String?
  let shape: [Int]?
  let data_offsets: [Int]?

  func tensor(_ name: String, in file: MappedFile, dataStart: Int) throws(WeightError) -> StoredTensor {
    guard let dtype, let shape, let offsets = data_offsets, offsets.count == 2, shape.allSatisfy({ $0 >= 0 }) else {
      throw WeightError(file.path, "\(name) needs dtype, shape and two data_offsets in the head")
    }
    guard let type = Self.types[dtype] else {
      throw WeightError(
        file.path, "\(name) is of dtype \(dtype); \(Self.types.keys.sorted().joined(separator: ", ")) are understood")
    }
    let available = file.bytes.count - dataStart
    guard offsets[0] >= 0, offsets[0] <= offsets[1], offsets[1] <= available else {
      throw WeightError(
        file.path, "\(name) lies at \(offsets[0])..<\(offsets[1]) of \(available) bytes; the file is cut off or corrupt"
      )
    }
    var needed = type.byteCount
    for length in shape {
      let (product, overflows) = needed.multipliedReportingOverflow(by: length)
      guard !overflows else { throw WeightError(file.path, "\(name) of shape \(shape) is too large") }
      needed = product
    }
    guard needed == offsets[1] - offsets[0] else {
      throw WeightError(
        file.path,
        "\(name) of shape \(shape) and dtype \(dtype) needs \(needed) bytes, the head gives it "
          + "\(offsets[1] - offsets[0])")
    }
    return StoredTensor(
      entry: WeightEntry(name: name, shape: shape, encoding: .plain(type), byteCount: needed), file: file,
      offset: dataStart + offsets[0])
  }

  private static let types: [String: ElementType] = [
    "F64": .float64, "F32": .float32, "F16": .float16, "BF16": .bfloat16, "I64": .int64, "I32": .int32, "I16": .int16,
    "I8": .int8, "U8": .uint8, "BOOL": .bool,
  ]
}

/// A model that is divided among several safetensors files, and the index that says which tensor is in which.
public struct ShardedSafetensors: WeightFile {
  private let table: TensorTable

  /// Reads the index and the heads of all shards.
  ///
  /// - Throws: ``WeightError`` with the shard or tensor at fault.
  public init(indexPath: String) throws(WeightError) {
    struct Index: Decodable { let weight_map: [String: String] }
    guard let data = FileManager.default.contents(atPath: indexPath),
      let index = try? JSONDecoder().decode(Index.self, from: data)
    else { throw WeightError(indexPath, "is no index of safetensors: it needs a weight_map from names to files") }
    let folder = (indexPath as NSString).deletingLastPathComponent
    var tensors: [StoredTensor] = []
    for shard in Set(index.weight_map.values).sorted() {
      guard !shard.contains("/") else {
        throw WeightError(indexPath, "names the shard '\(shard)' outside of its folder")
      }
      tensors += try SafetensorsFile.tensors(in: MappedFile(path: folder.isEmpty ? shard : "\(folder)/\(shard)"))
    }
    let found = Set(tensors.map(\.entry.name))
    if let missing = index.weight_map.keys.sorted().first(where: { !found.contains($0) }) {
      throw WeightError(indexPath, "lists '\(missing)', which is not in \(index.weight_map[missing] ?? "its shard")")
    }
    table = try TensorTable(path: indexPath, tensors)
  }

  /// All tensors, shard after shard.
  public var entries: [WeightEntry] { table.tensors.map(\.entry) }

  /// The tensor of a name.
  public func entry(named name: String) throws(WeightError) -> WeightEntry { try table.tensor(name).entry }

  /// Writes a part of a tensor, converted.
  public func read(
    _ name: String, _ part: WeightPart, as elementType: ElementType, into destination: UnsafeMutableRawBufferPointer
  ) throws(WeightError) {
    try table.tensor(name).read(part, as: elementType, into: destination)
  }
}
