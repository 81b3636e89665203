import Inputs
import Quantities

/// A GGUF file: metadata and tensors, as llama.cpp writes them.
public struct GGUFFile: WeightFile {
  /// What the file says of its model and tokenizer.
  public let metadata: GGUFMetadata
  /// Its tensors.
  public let table: TensorTable

  /// Reads the head of a file.
  ///
  /// - Throws: ``WeightError`` with the byte or the tensor at fault.
  public init(path: String) throws(WeightError) {
    let file = try OpenFile(path: path)
    var reader = GGUFReader(file)
    try Self.checkMagic(&reader, path)
    let tensorCount = try reader.count("the number of tensors", ofAtLeast: 24, atMost: 1 << 20)
    let pairCount = try reader.count("the number of metadata pairs", ofAtLeast: 13, atMost: 1 << 16)
    var values: [String: GGUFValue] = [:]
    for index in 0..<pairCount {
      let key = try reader.name("metadata key \(index)")
      let value = try reader.value(of: key)
      guard values.updateValue(value, forKey: key) == nil else {
        throw WeightError(path, "has the metadata key '\(quotable(key))' twice")
      }
    }
    metadata = GGUFMetadata(values: values)
    var heads: [TensorHead] = []
    for index in 0..<tensorCount { heads.append(try TensorHead(&reader, index: index, path: path)) }
    let alignment = values["general.alignment"]?.integer ?? 32
    guard alignment > 0, alignment <= 1 << 20, alignment & (alignment - 1) == 0 else {
      throw WeightError(path, "general.alignment is \(alignment), it must be a power of two")
    }
    let start = (reader.offset + alignment - 1) / alignment * alignment
    let places = TensorPlaces(heads.map(\.offset), start: start, alignment: alignment)
    table = try TensorTable(
      path: path, heads.map { (head) throws(WeightError) in try head.tensor(in: file, places) })
  }

  private static func checkMagic(_ reader: inout GGUFReader, _ path: String) throws(WeightError) {
    let magic = try reader.integer(UInt32.self, "the magic number")
    guard magic == 0x4655_4747 else { throw WeightError(path, "is no GGUF file: it does not begin with GGUF") }
    let version = try reader.integer(UInt32.self, "the version")
    if version.byteSwapped == 2 || version.byteSwapped == 3 {
      throw WeightError(path, "is a big-endian GGUF file; only little-endian ones are understood")
    }
    guard version == 2 || version == 3 else {
      throw WeightError(path, "is of GGUF version \(version); versions 2 and 3 are understood")
    }
  }
}
