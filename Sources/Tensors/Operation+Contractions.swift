import Quantities

extension Operation {
  /// 2 · rows · inputs · outputs FLOPs, and rows · outputs more with a bias. A quantized weight is read as it is stored; each
  /// of its elements is converted once, and activations once for arithmetic of another type, which writes and reads them
  /// again.
  static func linear(_ operands: [Tensor]) throws(ShapeError) -> OperationResult {
    let (input, weight) = (operands[0], operands[1])
    guard weight.rank == 2, input.rank >= 1, input.lastDimension == weight.shape[1] else {
      throw ShapeError(.linear, operands, "the input's last dimension must equal the weight's second")
    }
    let hasBias = operands.count > 2
    if hasBias, operands[2].shape != [weight.shape[0]] {
      throw ShapeError(.linear, operands, "the bias must be a vector as long as the weight's first dimension")
    }
    try requireEqualTypes(.linear, operands)
    let (rows, inputs, outputs) = (input.rowCount, weight.shape[1], weight.shape[0])
    var shape = input.shape
    shape[shape.count - 1] = outputs
    let resultElements = Double(rows) * Double(outputs)
    let bytes = Double(input.elementType.byteCount)
    let conversion = Conversion(of: weight, with: input)
    return OperationResult(
      .linear, shape: shape, elementType: input.elementType, computingIn: conversion.arithmetic,
      storing: weight.format.map(StoredOperand.quantized), sizes: SIMD8(sizes: rows, inputs, outputs, hasBias ? 1 : 0),
      flops: 2 * resultElements * Double(inputs) + (hasBias ? resultElements : 0) + conversion.flops,
      bytesRead: input.byteSize + weight.byteSize + (hasBias ? Double(outputs) * bytes : 0)
        + conversion.activationBytes,
      bytesWritten: resultElements * bytes + conversion.activationBytes)
  }

  /// What a quantized weight adds to the cost of a product; nothing for others.
  struct Conversion {
    var arithmetic: ElementType
    var flops = 0.0
    /// Of converted activations, which are written and read once.
    var activationBytes = 0.0

    init(of weight: Tensor, with input: Tensor) {
      arithmetic = input.elementType
      guard let format = weight.format else { return }
      flops = Double(format.operationsPerElement) * Double(weight.elementCount)
      guard case .of(let type) = format.arithmetic, let bytes = format.activationByteCount else { return }
      arithmetic = type
      activationBytes = bytes * Double(input.elementCount)
      // The largest of a group, a quotient, rounding.
      flops += 3 * Double(input.elementCount)
    }
  }

  /// 2 · batch · rows · inner · columns FLOPs.
  static func matmul(_ operands: [Tensor]) throws(ShapeError) -> OperationResult {
    let (left, right) = (operands[0], operands[1])
    guard left.rank >= 2, left.rank == right.rank, left.shape.dropLast(2) == right.shape.dropLast(2) else {
      throw ShapeError(.matmul, operands, "both need two dimensions or more, equal but for the last two")
    }
    let inner = left.lastDimension
    guard right.shape[right.rank - 2] == inner else {
      throw ShapeError(.matmul, operands, "the left's last dimension must equal the right's last but one")
    }
    try requireEqualTypes(.matmul, operands)
    let (rows, columns) = (left.shape[left.rank - 2], right.lastDimension)
    let batch = left.shape.dropLast(2).reduce(1, *)
    let resultElements = Double(batch) * Double(rows) * Double(columns)
    return OperationResult(
      .matmul, shape: left.shape.dropLast() + [columns], elementType: left.elementType,
      computingIn: left.elementType, sizes: SIMD8(sizes: batch, rows, inner, columns),
      flops: 2 * resultElements * Double(inner), bytesRead: left.byteSize + right.byteSize,
      bytesWritten: resultElements * Double(left.elementType.byteCount))
  }

  /// Scaled-dot-product attention as one kernel that keeps scores on chip (Dao et al., "FlashAttention", 2022).
  ///
  /// A (query, key) pair that the mask lets through costs 4 · headSize FLOPs in every query head, 2 for its score and
  /// 2 for its share of the result; masked pairs and the softmax count nothing, as is usual for this kernel. Queries,
  /// and the keys and values that any query sees, are read once; the result is written once. Pairs that key counts leave
  /// out are computed all the same, since a kernel does not know of them beforehand.
  static func attention(_ operands: [Tensor], causalOffset: Int?, window: Int?) throws(ShapeError) -> OperationResult {
    let (queries, keys, values) = (operands[0], operands[1], operands[2])
    guard queries.rank == 4, keys.rank == 4, keys.shape == values.shape else {
      throw ShapeError(
        .attention, operands, "queries, keys and values need four dimensions, keys and values equal ones")
    }
    let (batch, queryCount, heads, headSize) = (
      queries.shape[0], queries.shape[1], queries.shape[2], queries.shape[3]
    )
    let (keyCount, keyValueHeads) = (keys.shape[1], keys.shape[2])
    guard keys.shape[0] == batch, keys.shape[3] == headSize else {
      throw ShapeError(.attention, operands, "batch and head size must be equal")
    }
    guard keyValueHeads > 0, heads % keyValueHeads == 0 else {
      throw ShapeError(.attention, operands, "query heads must be a multiple of key-value heads")
    }
    // Keys and values may be stored in a type of their own.
    try requireEqualTypes(.attention, [keys, values])
    if operands.count > 3 {
      guard causalOffset == nil else { throw ShapeError(.attention, operands, "key counts exclude a causal offset") }
      try requireCounts(operands[3], .attention, operands)
    }
    let countBytes = operands.count > 3 ? operands[3].byteSize : 0
    guard window.map({ $0 > 0 && causalOffset != nil }) ?? true else {
      throw ShapeError(.attention, operands, "a window needs a causal offset and a position")
    }
    let pairs = visiblePairs(queryCount: queryCount, keyCount: keyCount, causalOffset: causalOffset, window: window)
    let lastKeys = causalOffset.map { min(keyCount, $0 + queryCount) } ?? keyCount
    let hidden = window.map { max(0, (causalOffset ?? 0) + 1 - $0) } ?? 0
    let seenKeys = max(0, lastKeys - hidden)
    let perKey = Double(batch * keyValueHeads * headSize * keys.elementType.byteCount)
    return OperationResult(
      .attention, shape: queries.shape, elementType: queries.elementType, computingIn: queries.elementType,
      storing: keys.elementType == queries.elementType ? nil : .plain(keys.elementType),
      sizes: SIMD8(batch, heads, keyValueHeads, queryCount, seenKeys, headSize, pairs, 0),
      flops: 4 * Double(batch * heads * headSize) * Double(pairs),
      bytesRead: queries.byteSize + 2 * Double(seenKeys) * perKey + countBytes, bytesWritten: queries.byteSize)
  }

  /// Number of (query, key) pairs that the mask lets through: Σᵢ min(keys, offset + i + 1), less what lies before the
  /// window, Σᵢ min(keys, max(0, offset + i + 1 − window)).
  static func visiblePairs(queryCount: Int, keyCount: Int, causalOffset: Int?, window: Int? = nil) -> Int {
    guard let offset = causalOffset else { return queryCount * keyCount }
    let seen = pairs(queryCount: queryCount, keyCount: keyCount, offset: offset)
    guard let window else { return seen }
    // The first queries have nothing before their windows.
    let first = min(queryCount, max(0, window - offset))
    return seen - pairs(queryCount: queryCount - first, keyCount: keyCount, offset: offset + first - window)
  }

  /// Σᵢ min(keys, offset + i + 1).
  private static func pairs(queryCount: Int, keyCount: Int, offset: Int) -> Int {
    // The first queries see fewer keys than there are, one more each; the others see all.
    let partial = min(queryCount, max(0, keyCount - offset))
    return partial * offset + partial * (partial + 1) / 2 + (queryCount - partial) * keyCount
  }
}
