import Quantities

/// What stands in a GGUF file's head about one tensor.
struct TensorHead {
  let name: String
  let shape: [Int]
  let type: UInt32
  let offset: UInt64

  init(_ reader: inout GGUFReader, index: Int, path: String) throws(WeightError) {
    name = try reader.name("the name of tensor \(index)")
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

  func tensor(in file: OpenFile, _ places: TensorPlaces) throws(WeightError) -> StoredTensor {
    let dataCount = max(0, file.byteCount - places.start)
    let (encoding, byteCount) = try size(file.path, ofUnknownType: places.space(at: offset, of: dataCount))
    guard offset <= UInt64(dataCount), byteCount <= dataCount - Int(offset) else {
      throw WeightError(
        file.path,
        "\(name) of \(byteCount) bytes at \(offset) reaches beyond the \(dataCount) bytes of tensors; "
          + "the file is cut off or corrupt")
    }
    guard offset % UInt64(places.alignment) == 0 else {
      throw WeightError(
        file.path, "\(name) begins at \(offset), which is no multiple of the alignment \(places.alignment)")
    }
    return StoredTensor(
      entry: WeightEntry(name: name, shape: shape, encoding: encoding, byteCount: byteCount), file: file,
      offset: places.start + Int(offset))
  }

  /// - Parameter space: what a tensor of a type that is not known takes.
  private func size(_ path: String, ofUnknownType space: Int) throws(WeightError) -> (WeightEncoding, Int) {
    let elementCount = try elementCount(path)
    if case .plain(let plain)? = Self.encodings[type] { return (.plain(plain), elementCount * plain.byteCount) }
    if case .quantized(let quantization)? = Self.encodings[type] {
      let block = (name: quantization.rawValue, elements: quantization.elementCount, bytes: quantization.byteCount)
      return (.quantized(quantization), try byteCount(elementCount, block, path))
    }
    guard let block = Self.otherBlocks[type] else { return (.other("type \(type)"), space) }
    return (.other(block.name), try byteCount(elementCount, block, path))
  }

  private func elementCount(_ path: String) throws(WeightError) -> Int {
    var elementCount = 1
    for length in shape {
      let (product, overflows) = elementCount.multipliedReportingOverflow(by: length)
      guard !overflows, product < 1 << 48 else { throw WeightError(path, "\(name) of shape \(shape) is too large") }
      elementCount = product
    }
    return elementCount
  }

  private func byteCount(
    _ elementCount: Int, _ block: (name: String, elements: Int, bytes: Int), _ path: String
  ) throws(WeightError) -> Int {
    guard (shape.last ?? 0) % block.elements == 0 else {
      throw WeightError(
        path,
        "\(name) has rows of \(shape.last ?? 0) elements, \(block.name) needs a multiple of \(block.elements)")
    }
    return elementCount / block.elements * block.bytes
  }

  private static let encodings: [UInt32: WeightEncoding] = [
    0: .plain(.float32), 1: .plain(.float16), 2: .quantized(.q4_0), 3: .quantized(.q4_1), 6: .quantized(.q5_0),
    7: .quantized(.q5_1), 8: .quantized(.q8_0), 12: .quantized(.q4_K), 13: .quantized(.q5_K), 14: .quantized(.q6_K),
    24: .plain(.int8), 25: .plain(.int16), 26: .plain(.int32), 27: .plain(.int64), 28: .plain(.float64),
    30: .plain(.bfloat16),
  ]

  /// Formats that are known by name and size alone: elements and bytes of a block (ggml, `ggml-common.h`).
  private static let otherBlocks: [UInt32: (name: String, elements: Int, bytes: Int)] = [
    9: ("Q8_1", 32, 36), 10: ("Q2_K", 256, 84), 11: ("Q3_K", 256, 110), 15: ("Q8_K", 256, 292),
    16: ("IQ2_XXS", 256, 66), 17: ("IQ2_XS", 256, 74), 18: ("IQ3_XXS", 256, 98), 19: ("IQ1_S", 256, 50),
    20: ("IQ4_NL", 32, 18), 21: ("IQ3_S", 256, 110), 22: ("IQ2_S", 256, 82), 23: ("IQ4_XS", 256, 136),
    29: ("IQ1_M", 256, 56), 34: ("TQ1_0", 256, 54), 35: ("TQ2_0", 256, 66), 39: ("MXFP4", 32, 17),
  ]
}

/// Where a GGUF file's tensors begin.
struct TensorPlaces {
  /// Where the tensors' bytes begin in the file.
  let start: Int
  let alignment: Int
  private let offsets: [UInt64]

  init(_ offsets: [UInt64], start: Int, alignment: Int) {
    self.start = start
    self.alignment = alignment
    self.offsets = offsets.sorted()
  }

  /// Bytes from an offset to the next tensor, or to the end of the file.
  func space(at offset: UInt64, of dataCount: Int) -> Int {
    var (low, high) = (0, offsets.count)
    while low < high {
      let middle = (low + high) / 2
      if offsets[middle] <= offset { low = middle + 1 } else { high = middle }
    }
    let end = min(low < offsets.count ? offsets[low] : .max, UInt64(dataCount))
    return end > offset ? Int(end - offset) : 0
  }
}
