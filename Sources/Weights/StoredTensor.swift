import Inputs
import Quantities

/// A tensor's elements in a mapped file, and how parts of them are read. Both file formats store rows one after another.
struct StoredTensor: Sendable {
  let entry: WeightEntry
  let file: OpenFile
  /// Where the elements begin in the file.
  let offset: Int

  /// Length of the last axis of a tensor of several axes: what a row consists of, and what quantised blocks divide. A
  /// vector is a column of rows of one element, unless it is quantised.
  private var rowLength: Int {
    if entry.shape.count > 1 { return entry.shape[entry.shape.count - 1] }
    if case .quantized = entry.encoding { return entry.shape.first ?? 1 }
    return 1
  }

  func read(_ part: WeightPart, as elementType: ElementType, into destination: UnsafeMutableRawBufferPointer)
    throws(WeightError)
  {
    guard entry.encoding.isReadable else { throw unsupported }
    let rowLength = rowLength
    let firstLength = entry.shape.first ?? 1
    let rowCount = rowLength == 0 ? 0 : entry.shape.reduce(1, *) / rowLength
    // Rows of the first axis are runs of rows along the last one where there are axes between them.
    let rowsPerFirst = firstLength == 0 ? 0 : rowCount / firstLength
    var (rows, columns) = (0..<rowCount, 0..<rowLength)
    if let wanted = part.rows {
      guard wanted.lowerBound >= 0, wanted.upperBound <= firstLength else { throw outside(wanted, axis: 0) }
      if entry.shape.count == 1, rowLength > 1 || rowCount == 1 {
        columns = wanted
      } else {
        rows = wanted.lowerBound * rowsPerFirst..<wanted.upperBound * rowsPerFirst
      }
    }
    if let wanted = part.columns {
      guard entry.shape.count > 1, wanted.lowerBound >= 0, wanted.upperBound <= rowLength else {
        throw outside(wanted, axis: entry.shape.count - 1)
      }
      columns = wanted
    }
    let needed = rows.count * columns.count * elementType.byteCount
    guard destination.count == needed else {
      throw WeightError(
        file.path, "\(entry.name): a part of \(needed) bytes was to be written to \(destination.count) bytes")
    }
    guard needed > 0 else { return }
    let part = PartReader(
      file: file, offset: offset, rows: rows, columns: columns, rowLength: rowLength)
    try read(part, as: elementType, into: destination)
  }

  private func read(
    _ part: PartReader, as elementType: ElementType, into destination: UnsafeMutableRawBufferPointer
  ) throws(WeightError) {
    switch entry.encoding {
    case .plain(let stored) where stored == elementType:
      try part.copy(elementByteCount: stored.byteCount, into: destination)
    case .plain(let stored):
      guard let decode = FloatDecoder(stored) else { throw unconvertible(to: elementType) }
      let encode = try encoder(elementType)
      try part.forEachRow(blockElements: 1, blockBytes: stored.byteCount, writing: elementType, into: destination) {
        source, floats, target in
        decode(source, part.columns.count, floats)
        encode(floats, part.columns.count, target)
      }
    case .quantized(let quantization):
      let encode = try encoder(elementType)
      let block = quantization.elementCount
      let blocks = part.columns.lowerBound / block..<(part.columns.upperBound + block - 1) / block
      try part.forEachRow(
        blockElements: block, blockBytes: quantization.byteCount, writing: elementType, into: destination
      ) { source, floats, target in
        quantization.dequantize(source, blockCount: blocks.count, into: floats)
        encode(floats + (part.columns.lowerBound - blocks.lowerBound * block), part.columns.count, target)
      }
    case .other: throw unsupported
    }
  }

  private func encoder(_ elementType: ElementType) throws(WeightError) -> FloatEncoder {
    guard let encoder = FloatEncoder(elementType) else { throw unconvertible(to: elementType) }
    return encoder
  }

  private var unsupported: WeightError {
    WeightError(
      file.path,
      "\(entry.name) is stored as \(entry.encoding), which is not supported; \(WeightEncoding.readable) are")
  }

  private func unconvertible(to elementType: ElementType) -> WeightError {
    WeightError(
      file.path,
      "\(entry.name): stored as \(entry.encoding), which cannot be converted to \(elementType.rawValue); "
        + "float32, float16 and bfloat16 can be had of floating-point and quantised tensors")
  }

  private func outside(_ range: Range<Int>, axis: Int) -> WeightError {
    WeightError(file.path, "\(entry.name): entries \(range) do not lie within axis \(axis) of \(entry.shape)")
  }
}

/// The tensors of one file or several by name.
public struct TensorTable: Sendable {
  let path: String
  let tensors: [StoredTensor]
  private let indices: [String: Int]

  /// - Throws: when a name stands twice.
  init(path: String, _ tensors: [StoredTensor]) throws(WeightError) {
    var indices: [String: Int] = [:]
    for (index, tensor) in tensors.enumerated() {
      guard indices.updateValue(index, forKey: tensor.entry.name) == nil else {
        throw WeightError(path, "has two tensors named '\(quotable(tensor.entry.name))'")
      }
    }
    self.path = path
    self.tensors = tensors
    self.indices = indices
  }

  func tensor(_ name: String) throws(WeightError) -> StoredTensor {
    if let index = indices[name] { return tensors[index] }
    let nearest = nearestName(to: name, among: tensors.map(\.entry.name))
    throw WeightError(
      path,
      "has no tensor '\(quotable(name))'\(nearest.map { " (did you mean '\(quotable($0))'?)" } ?? "") among its \(tensors.count)"
    )
  }
}
