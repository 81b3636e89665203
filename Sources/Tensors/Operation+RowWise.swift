import Quantities

extension Operation {
  /// 4 FLOPs per element: square, sum, scale, weight (Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019).
  static func rmsNorm(_ operands: [Tensor]) throws(ShapeError) -> OperationResult {
    try normalization(.rmsNorm, operands, flopsPerElement: 4, rule: "the weight must be as long as a row")
  }

  /// 7 FLOPs per element: mean, difference, square, sum, scale, weight, bias.
  static func layerNorm(_ operands: [Tensor]) throws(ShapeError) -> OperationResult {
    try normalization(.layerNorm, operands, flopsPerElement: 7, rule: "weight and bias must be as long as a row")
  }

  /// 5 FLOPs per element: maximum, difference, exponential, sum, quotient.
  static func softmax(_ operands: [Tensor]) throws(ShapeError) -> OperationResult {
    try normalization(.softmax, operands, flopsPerElement: 5, rule: "")
  }

  /// 3 FLOPs per element: square, sum, quotient.
  static func normalize(_ operands: [Tensor]) throws(ShapeError) -> OperationResult {
    try normalization(.normalize, operands, flopsPerElement: 3, rule: "")
  }

  /// One FLOP per element, and one per result for the quotient. All positions are read, also where counts leave some out.
  static func mean(_ operands: [Tensor]) throws(ShapeError) -> OperationResult {
    let input = operands[0]
    guard input.rank == 3, input.shape[1] > 0 else {
      throw ShapeError(.mean, operands, "the input needs three dimensions, the second of them not empty")
    }
    if operands.count > 1 { try requireCounts(operands[1], .mean, operands) }
    let (batch, positions, columns) = (input.shape[0], input.shape[1], input.shape[2])
    let bytes = Double(batch * columns * input.elementType.byteCount)
    return OperationResult(
      .mean, shape: [batch, columns], elementType: input.elementType, computingIn: input.elementType,
      sizes: SIMD8(sizes: batch, positions, columns), flops: Double(input.elementCount + batch * columns),
      bytesRead: input.byteSize + (operands.count > 1 ? operands[1].byteSize : 0), bytesWritten: bytes)
  }

  /// Throws unless an operand has one 64-bit integer for each entry of the first one's batch.
  static func requireCounts(_ counts: Tensor, _ kind: OperationKind, _ operands: [Tensor]) throws(ShapeError) {
    guard counts.shape == [operands[0].shape[0]], counts.elementType == .int64 else {
      throw ShapeError(kind, operands, "counts must be one int64 for each entry of the batch")
    }
  }

  /// One comparison per element; indices are 64-bit integers.
  static func argmax(_ operands: [Tensor]) throws(ShapeError) -> OperationResult {
    let input = operands[0]
    guard input.rank >= 1, input.lastDimension > 0 else {
      throw ShapeError(.argmax, operands, "the last dimension must not be empty")
    }
    let rows = input.rowCount
    return OperationResult(
      .argmax, shape: input.shape.dropLast(), elementType: .int64, computingIn: input.elementType,
      sizes: SIMD8(sizes: rows, input.lastDimension), flops: Double(input.elementCount), bytesRead: input.byteSize,
      bytesWritten: Double(rows * ElementType.int64.byteCount))
  }

  private static func normalization(
    _ kind: OperationKind, _ operands: [Tensor], flopsPerElement: Double, rule: String
  ) throws(ShapeError) -> OperationResult {
    let input = operands[0]
    guard input.rank >= 1 else { throw ShapeError(kind, operands, "the input needs a dimension") }
    var parameterBytes = 0.0
    for parameter in operands.dropFirst() {
      guard parameter.rank == 1, parameter.shape[0] == input.lastDimension else {
        throw ShapeError(kind, operands, rule)
      }
      parameterBytes += parameter.byteSize
    }
    try requireEqualTypes(kind, operands)
    return OperationResult(
      kind, shape: input.shape, elementType: input.elementType, computingIn: input.elementType,
      sizes: SIMD8(sizes: input.rowCount, input.lastDimension), flops: flopsPerElement * Double(input.elementCount),
      bytesRead: input.byteSize + parameterBytes, bytesWritten: input.byteSize)
  }
}
