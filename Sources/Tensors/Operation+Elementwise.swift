import Quantities

extension Operation {
  static func elementwise(_ kind: OperationKind, _ operands: [Tensor], flopsPerElement: Double) -> OperationResult {
    let input = operands[0]
    return OperationResult(
      kind, shape: input.shape, elementType: input.elementType, computingIn: input.elementType,
      sizes: SIMD8(sizes: input.elementCount), flops: flopsPerElement * Double(input.elementCount),
      bytesRead: input.byteSize, bytesWritten: input.byteSize)
  }

  static func binary(_ kind: OperationKind, _ operands: [Tensor]) throws(ShapeError) -> OperationResult {
    let (left, right) = (operands[0], operands[1])
    guard right.rank <= left.rank, left.shape.suffix(right.rank) == right.shape[...] else {
      throw ShapeError(kind, operands, "the right shape must equal the left one or its last dimensions")
    }
    try requireEqualTypes(kind, operands)
    return OperationResult(
      kind, shape: left.shape, elementType: left.elementType, computingIn: left.elementType,
      sizes: SIMD8(sizes: left.elementCount, right.elementCount), flops: Double(left.elementCount),
      bytesRead: left.byteSize + right.byteSize, bytesWritten: left.byteSize)
  }

  /// 3 FLOPs per element, x · cos + rotated x · sin. Reads the input and, for each position, headSize / 2 cosines and as
  /// many sines of the same type.
  static func rotaryEmbedding(_ operands: [Tensor]) throws(ShapeError) -> OperationResult {
    let input = operands[0]
    guard input.rank == 4, input.lastDimension % 2 == 0 else {
      throw ShapeError(.rotaryEmbedding, operands, "the input needs four dimensions, the last of them even")
    }
    let (batch, positions, heads, headSize) = (input.shape[0], input.shape[1], input.shape[2], input.shape[3])
    return OperationResult(
      .rotaryEmbedding, shape: input.shape, elementType: input.elementType, computingIn: input.elementType,
      sizes: SIMD8(sizes: batch, positions, heads, headSize), flops: 3 * Double(input.elementCount),
      bytesRead: input.byteSize + Double(positions * headSize * input.elementType.byteCount),
      bytesWritten: input.byteSize)
  }
}
