import Foundation
import Inputs
import Quantities

/// A safetensors file: a JSON head with names, types and places, then the elements.
///
/// Source: Hugging Face, safetensors, "Format".
public struct SafetensorsFile: WeightFile {
  /// Its tensors.
  public let table: TensorTable

  /// Reads the head of a file.
  ///
  /// - Throws: ``WeightError`` with the tensor at fault.
  public init(path: String) throws(WeightError) {
    table = try TensorTable(path: path, Self.tensors(in: OpenFile(path: path)))
  }

  /// Heads of published files have up to some millions of bytes.
  static let longestHead = 32 << 20

  static func tensors(in file: OpenFile) throws(WeightError) -> [StoredTensor] {
    let fileCount = file.byteCount
    guard fileCount >= 8 else {
      throw WeightError(file.path, "is no safetensors file: it has \(fileCount) bytes, the length of its head takes 8")
    }
    let length = try file.bytes(at: 0, count: 8).withUnsafeBytes {
      UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self))
    }
    guard length <= UInt64(fileCount - 8) else {
      throw WeightError(
        file.path, "has a head of \(length) bytes, but only \(fileCount) in all; it is cut off or corrupt")
    }
    guard length <= longestHead else {
      throw WeightError(file.path, "has a head of \(length) bytes; at most \(longestHead) are read")
    }
    let start = 8 + Int(length)
    let bytes = try file.bytes(at: 8, count: Int(length))
    let head: [String: HeadEntry]
    do {
      head = try JSONDecoder().decode([String: HeadEntry].self, from: Data(bytes))
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
    case .keyNotFound(let key, let context): return "\(place(context)) has no \(quotable(key.stringValue))"
    case .typeMismatch(_, let context), .valueNotFound(_, let context): return "\(place(context)) is of another type"
    case .dataCorrupted: return "it cannot be parsed"
    @unknown default: return "it cannot be parsed"
    }
  }

  private static func place(_ context: DecodingError.Context) -> String {
    context.codingPath.isEmpty ? "it" : fieldPath(context.codingPath)
  }
}

/// What a safetensors file's head says of one tensor. `__metadata__` has none of it.
private struct HeadEntry: Decodable {
  let dtype: String?
  let shape: [Int]?
  let data_offsets: [Int]?

  func tensor(_ name: String, in file: OpenFile, dataStart: Int) throws(WeightError) -> StoredTensor {
    guard let dtype, let shape, let offsets = data_offsets, offsets.count == 2, shape.allSatisfy({ $0 >= 0 }) else {
      throw WeightError(file.path, "\(name) needs dtype, shape and two data_offsets in the head")
    }
    let available = file.byteCount - dataStart
    guard offsets[0] >= 0, offsets[0] <= offsets[1], offsets[1] <= available else {
      throw WeightError(
        file.path, "\(name) lies at \(offsets[0])..<\(offsets[1]) of \(available) bytes; the file is cut off or corrupt"
      )
    }
    var elementCount = 1
    for length in shape {
      let (product, overflows) = elementCount.multipliedReportingOverflow(by: length)
      guard !overflows, product < 1 << 48 else {
        throw WeightError(file.path, "\(name) of shape \(shape) is too large")
      }
      elementCount = product
    }
    let (encoding, bits) = Self.encoding(dtype)
    let needed = bits.map { (elementCount * $0 + 7) / 8 } ?? (offsets[1] - offsets[0])
    guard needed == offsets[1] - offsets[0] else {
      throw WeightError(
        file.path,
        "\(name) of shape \(shape) and dtype \(dtype) needs \(needed) bytes, the head gives it "
          + "\(offsets[1] - offsets[0])")
    }
    return StoredTensor(
      entry: WeightEntry(name: name, shape: shape, encoding: encoding, byteCount: needed), file: file,
      offset: dataStart + offsets[0])
  }

  private static let types: [String: ElementType] = [
    "F64": .float64, "F32": .float32, "F16": .float16, "BF16": .bfloat16, "I64": .int64, "I32": .int32, "I16": .int16,
    "I8": .int8, "U8": .uint8, "BOOL": .bool,
  ]

  /// Bits of an element of types that are known by name and size alone.
  private static let otherTypes = [
    "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
    "U16": 16, "U32": 32, "U64": 64, "C64": 64,
  ]

  /// How a dtype is stored, and its bits, where they are known.
  private static func encoding(_ dtype: String) -> (WeightEncoding, bits: Int?) {
    if let type = types[dtype] { return (.plain(type), 8 * type.byteCount) }
    return (.other(dtype), otherTypes[dtype])
  }
}

/// A model that is divided among several safetensors files, and the index that says which tensor is in which. Its tensors
/// are listed shard after shard.
public struct ShardedSafetensors: WeightFile {
  /// Its tensors.
  public let table: TensorTable

  /// Reads the index and the heads of all shards.
  ///
  /// - Throws: ``WeightError`` with the shard or tensor at fault.
  public init(indexPath: String) throws(WeightError) {
    struct Index: Decodable { let weight_map: [String: String] }
    guard let data = InputFile.optionalContents(of: indexPath, atMost: SafetensorsFile.longestHead),
      let index = try? JSONDecoder().decode(Index.self, from: data)
    else { throw WeightError(indexPath, "is no index of safetensors: it needs a weight_map from names to files") }
    var tensors: [StoredTensor] = []
    for shard in Set(index.weight_map.values).sorted() {
      guard !shard.contains("/") else {
        throw WeightError(indexPath, "names the shard '\(quotable(shard))' outside of its folder")
      }
      tensors += try SafetensorsFile.tensors(in: OpenFile(path: PathName(indexPath).beside(shard)))
    }
    let found = Set(tensors.map(\.entry.name))
    if let missing = index.weight_map.keys.sorted().first(where: { !found.contains($0) }) {
      throw WeightError(
        indexPath, "lists '\(quotable(missing))', which is not in \(index.weight_map[missing] ?? "its shard")")
    }
    table = try TensorTable(path: indexPath, tensors)
  }
}
