import Quantities

/// A GGUF file: metadata and tensors, as llama.cpp writes them.
public struct GGUFFile: WeightFile {
  /// What the file says of its model and tokenizer.
  public let metadata: GGUFMetadata
  private let table: TensorTable

  /// Reads the head of a file.
  ///
  /// - Throws: ``WeightError`` with the byte or the tensor at fault.
  public init(path: String) throws(WeightError) {
    let file = try MappedFile(path: path)
    var reader = GGUFReader(file)
    try Self.checkMagic(&reader, path)
    let tensorCount = try reader.count("the number of tensors", ofAtLeast: 24)
    let pairCount = try reader.count("the number of metadata pairs", ofAtLeast: 13)
    var values: [String: GGUFValue] = [:]
    for index in 0..<pairCount {
      let key = try reader.string("metadata key \(index)")
      let value = try reader.value(of: key)
      guard values.updateValue(value, forKey: key) == nil else {
        throw WeightError(path, "has the metadata key '\(key)' twice")
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
    table = try TensorTable(
      path: path,
      heads.map { (head) throws(WeightError) in try head.tensor(in: file, dataStart: start, alignment: alignment) })
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

  /// All tensors, in the order of the file.
  public var entries: [WeightEntry] { table.tensors.map(\.entry) }

  /// The tensor of a name.
  public func entry(named name: String) throws(WeightError) -> WeightEntry { try table.tensor(name).entry }

  /// Writes a part of a tensor, dequantised and converted.
  public func read(
    _ name: String, _ part: WeightPart, as elementType: ElementType, into destination: UnsafeMutableRawBufferPointer
  ) throws(WeightError) {
    try table.tensor(name).read(part, as: elementType, into: destination)
  }
}

/// What stands in a GGUF file's head about one tensor.
private struct TensorHead {
  let name: String
  let shape: [Int]
  let type: UInt32
  let offset: UInt64

  init(_ reader: inout GGUFReader, index: Int, path: String) throws(WeightError) {
    name = try reader.string("the name of tensor \(index)")
    let axisCount = try reader.integer(UInt32.self, "the number of axes of \(name)")
    guard axisCount <= 8 else { throw WeightError(path, "\(name) has \(axisCount) axes, at most 8 are possible") }
    var lengths: [Int] = []
    for _ in 0..<axisCount {
      let length = try reader.integer(UInt64.self, "the shape of \(name)")
      guard length <= UInt64(Int32.max) else { throw WeightError(path, "\(name) has an axis of \(length) entries") }
      lengths.append(Int(length))
    }
    // The file names the innermost axis first.
    shape = lengths.reversed()
    type = try reader.integer(UInt32.self, "the type of \(name)")
    offset = try reader.integer(UInt64.self, "the offset of \(name)")
  }

  func tensor(in file: MappedFile, dataStart: Int, alignment: Int) throws(WeightError) -> StoredTensor {
    guard let encoding = Self.encodings[type] else {
      let known = Self.encodings.sorted { $0.key < $1.key }.map { "\($0.value)" }.joined(separator: ", ")
      throw WeightError(
        file.path,
        "\(name) is stored as \(Self.otherTypes[type] ?? "type \(type)"), which is not supported; \(known) are")
    }
    let byteCount = try byteCount(encoding, file.path)
    let dataCount = max(0, file.bytes.count - dataStart)
    guard offset <= UInt64(dataCount), byteCount <= dataCount - Int(offset) else {
      throw WeightError(
        file.path,
        "\(name) of \(byteCount) bytes at \(offset) reaches beyond the \(dataCount) bytes of tensors; "
          + "the file is cut off or corrupt")
    }
    guard offset % UInt64(alignment) == 0 else {
      throw WeightError(file.path, "\(name) begins at \(offset), which is no multiple of the alignment \(alignment)")
    }
    return StoredTensor(
      entry: WeightEntry(name: name, shape: shape, encoding: encoding, byteCount: byteCount), file: file,
      offset: dataStart + Int(offset))
  }

  private func byteCount(_ encoding: WeightEncoding, _ path: String) throws(WeightError) -> Int {
    var elementCount = 1
    for length in shape {
      let (product, overflows) = elementCount.multipliedReportingOverflow(by: length)
      guard !overflows, product < 1 << 48 else { throw WeightError(path, "\(name) of shape \(shape) is too large") }
      elementCount = product
    }
    switch encoding {
    case .plain(let type): return elementCount * type.byteCount
    case .quantized(let quantization):
      guard (shape.last ?? 0) % quantization.elementCount == 0 else {
        throw WeightError(
          path,
          "\(name) has rows of \(shape.last ?? 0) elements, \(quantization.rawValue) needs a multiple of "
            + "\(quantization.elementCount)")
      }
      return elementCount / quantization.elementCount * quantization.byteCount
    }
  }

  private static let encodings: [UInt32: WeightEncoding] = [
    0: .plain(.float32), 1: .plain(.float16), 2: .quantized(.q4_0), 3: .quantized(.q4_1), 6: .quantized(.q5_0),
    7: .quantized(.q5_1), 8: .quantized(.q8_0), 12: .quantized(.q4_K), 13: .quantized(.q5_K), 14: .quantized(.q6_K),
    24: .plain(.int8), 25: .plain(.int16), 26: .plain(.int32), 27: .plain(.int64), 28: .plain(.float64),
    30: .plain(.bfloat16),
  ]

  private static let otherTypes: [UInt32: String] = [
    9: "Q8_1", 10: "Q2_K", 11: "Q3_K", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S",
    20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S", 23: "IQ4_XS", 29: "IQ1_M", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4",
  ]
}
