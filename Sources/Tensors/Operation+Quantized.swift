import Quantities

/// Rows of elements as they are stored in groups that share scales.
extension Operation {
  /// 3 FLOPs per element: the largest of a group, quotient, rounding.
  static func quantize(_ operands: [Tensor], _ format: QuantizedFormat) -> OperationResult {
    let input = operands[0]
    let rowBytes = format.byteCount(rows: 1, columns: input.lastDimension)
    return OperationResult(
      .cast, shape: [input.rowCount, rowBytes], elementType: .uint8, computingIn: input.elementType,
      storing: .quantized(format), sizes: SIMD8(sizes: input.elementCount), flops: 3 * Double(input.elementCount),
      bytesRead: input.byteSize, bytesWritten: Double(input.rowCount) * Double(rowBytes))
  }

  /// 2 FLOPs per element of each part: scale, sum.
  static func sumQuantized(
    _ operands: [Tensor], _ format: QuantizedFormat, count: Int, columns: Int, _ elementType: ElementType
  ) throws(ShapeError) -> OperationResult {
    let input = operands[0]
    guard input.rank == 2, input.shape[1] == format.byteCount(rows: 1, columns: columns), count > 0,
      input.shape[0] % count == 0
    else {
      throw ShapeError(
        .add, operands, "the input needs two dimensions: rows of \(count) tensors, and the bytes of \(columns) columns")
    }
    let rows = input.shape[0] / count
    let elements = rows * columns
    return OperationResult(
      .add, shape: [rows, columns], elementType: elementType, computingIn: elementType, storing: .quantized(format),
      sizes: SIMD8(sizes: elements, count * elements), flops: 2 * Double(count) * Double(elements),
      bytesRead: input.byteSize, bytesWritten: Double(elements * elementType.byteCount))
  }
}
