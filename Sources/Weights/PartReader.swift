import Quantities

/// Reads rows of a tensor, or columns of them, from its file: as many rows at once as fit into a buffer where they are
/// whole, otherwise one by one.
struct PartReader {
  let file: OpenFile
  /// Where the tensor's elements begin in the file.
  let offset: Int
  let rows: Range<Int>
  let columns: Range<Int>
  /// Elements of a row.
  let rowLength: Int

  private static let bufferByteCount = 1 << 20

  private var areRowsWhole: Bool { columns == 0..<rowLength }

  /// Writes the elements as they are.
  func copy(elementByteCount size: Int, into destination: UnsafeMutableRawBufferPointer) throws(WeightError) {
    let rowBytes = columns.count * size
    if areRowsWhole { return try file.read(at: offset + rows.lowerBound * rowBytes, into: destination) }
    for (index, row) in rows.enumerated() {
      let target = UnsafeMutableRawBufferPointer(rebasing: destination[index * rowBytes..<(index + 1) * rowBytes])
      try file.read(at: offset + (row * rowLength + columns.lowerBound) * size, into: target)
    }
  }

  /// Calls `body` for each row with the blocks that hold its columns, room for the elements of these blocks, and where
  /// the row's elements belong.
  ///
  /// - Parameters:
  ///   - blockElements: elements that are stored together.
  ///   - blockBytes: bytes that they take.
  func forEachRow(
    blockElements: Int, blockBytes: Int, writing elementType: ElementType,
    into destination: UnsafeMutableRawBufferPointer,
    _ body: (UnsafeRawPointer, UnsafeMutablePointer<Float>, UnsafeMutableRawPointer) -> Void
  ) throws(WeightError) {
    let blocks = columns.lowerBound / blockElements..<(columns.upperBound + blockElements - 1) / blockElements
    let (partBytes, rowBytes) = (blocks.count * blockBytes, rowLength / blockElements * blockBytes)
    let rowsAtOnce = partBytes == rowBytes ? max(1, min(rows.count, Self.bufferByteCount / max(1, rowBytes))) : 1
    let source = UnsafeMutableRawBufferPointer.allocate(byteCount: rowsAtOnce * partBytes, alignment: 16)
    defer { source.deallocate() }
    let floats = UnsafeMutablePointer<Float>.allocate(capacity: blocks.count * blockElements)
    defer { floats.deallocate() }
    let targetBytes = columns.count * elementType.byteCount
    guard let first = source.baseAddress, let target = destination.baseAddress else { return }
    var done = 0
    while done < rows.count {
      let count = min(rowsAtOnce, rows.count - done)
      let place = offset + (rows.lowerBound + done) * rowBytes + blocks.lowerBound * blockBytes
      try file.read(at: place, into: UnsafeMutableRawBufferPointer(start: first, count: count * partBytes))
      for row in 0..<count {
        body(UnsafeRawPointer(first + row * partBytes), floats, target + (done + row) * targetBytes)
      }
      done += count
    }
  }
}
