import Quantities

extension Operation {
  /// No FLOPs, but for the conversion of a quantized table's rows: reads the indices and one row of the table for each,
  /// writes the rows.
  static func embedding(_ operands: [Tensor]) throws(ShapeError) -> OperationResult {
    let (indices, table) = (operands[0], operands[1])
    guard table.rank == 2 else { throw ShapeError(.embedding, operands, "the table needs two dimensions") }
    switch indices.elementType {
    case .int64, .int32, .int16, .int8, .uint8: break
    case .float64, .float32, .float16, .bfloat16, .float8, .float4, .bool:
      throw ShapeError(.embedding, operands, "indices must be integers, they are \(indices.elementType.rawValue)")
    }
    let (rows, columns) = (indices.elementCount, table.shape[1])
    let rowBytes = Double(rows) * Double(columns * table.elementType.byteCount)
    let storedBytes = table.format.map { Double(rows) * Double($0.byteCount(rows: 1, columns: columns)) } ?? rowBytes
    let conversions = table.format == nil ? 0 : 2 * Double(rows * columns)
    return OperationResult(
      .embedding, shape: indices.shape + [columns], elementType: table.elementType, computingIn: table.elementType,
      storing: table.format.map(StoredOperand.quantized), sizes: SIMD8(sizes: rows, columns, table.shape[0]),
      flops: conversions, bytesRead: indices.byteSize + storedBytes, bytesWritten: rowBytes)
  }

  static func concatenate(_ operands: [Tensor], axis: Int) throws(ShapeError) -> OperationResult {
    let first = operands[0]
    guard first.shape.indices.contains(axis) else {
      throw ShapeError(.concatenate, operands, "there is no axis \(axis)")
    }
    var shape = first.shape
    var bytes = first.byteSize
    for operand in operands.dropFirst() {
      guard operand.rank == first.rank,
        first.shape.indices.allSatisfy({ $0 == axis || operand.shape[$0] == first.shape[$0] })
      else {
        throw ShapeError(.concatenate, operands, "shapes must be equal but for axis \(axis)")
      }
      shape[axis] += operand.shape[axis]
      bytes += operand.byteSize
    }
    try requireEqualTypes(.concatenate, operands)
    return OperationResult(
      .concatenate, shape: shape, elementType: first.elementType, computingIn: first.elementType,
      sizes: SIMD8(sizes: shape.reduce(1, *), operands.count), flops: 0, bytesRead: bytes, bytesWritten: bytes)
  }

  /// No FLOPs: reads each pixel once and writes it once.
  static func patches(_ operands: [Tensor], size: Int) throws(ShapeError) -> OperationResult {
    let input = operands[0]
    guard size > 0, input.rank == 4, input.shape[2] % size == 0, input.shape[3] % size == 0 else {
      throw ShapeError(
        .patches, operands, "the input needs four dimensions, and \(size) must divide the last two of them")
    }
    let (batch, channels, height, width) = (input.shape[0], input.shape[1], input.shape[2], input.shape[3])
    return OperationResult(
      .patches, shape: [batch, height / size * (width / size), channels * size * size],
      elementType: input.elementType, computingIn: input.elementType,
      sizes: SIMD8(sizes: batch, channels, height * width, size), flops: 0, bytesRead: input.byteSize,
      bytesWritten: input.byteSize)
  }

  static func cast(_ operands: [Tensor], to elementType: ElementType) -> OperationResult {
    let input = operands[0]
    return OperationResult(
      .cast, shape: input.shape, elementType: elementType, computingIn: input.elementType,
      sizes: SIMD8(sizes: input.elementCount), flops: 0, bytesRead: input.byteSize,
      bytesWritten: Double(input.elementCount * elementType.byteCount))
  }

  /// What copying `source` into a run of `destination` along `axis` costs: its bytes once read and, in the destination's type,
  /// once written.
  static func copy(_ source: Tensor, into destination: Tensor, axis: Int, at start: Int) throws(ShapeError)
    -> OperationRecord
  {
    let operands = [source, destination]
    guard source.rank == destination.rank, source.shape.indices.contains(axis),
      source.shape.indices.allSatisfy({ $0 == axis || source.shape[$0] == destination.shape[$0] })
    else {
      throw ShapeError(.copy, operands, "source and destination must be equal but for axis \(axis)")
    }
    guard start >= 0, start + source.shape[axis] <= destination.shape[axis] else {
      let range = "\(start)..<\(start + source.shape[axis])"
      throw ShapeError(.copy, operands, "entries \(range) do not lie within axis \(axis) of the destination")
    }
    let (from, to) = (source.elementType, destination.elementType)
    return OperationResult(
      .copy, shape: source.shape, elementType: from, computingIn: from, storing: from == to ? nil : .plain(to),
      sizes: SIMD8(sizes: source.elementCount), flops: 0, bytesRead: source.byteSize,
      bytesWritten: Double(source.elementCount * to.byteCount)
    ).record
  }
}
