import Quantities

/// Products and attention of mixtures of experts and of latent keys and values.
extension Operation {
  /// 2 · rows · inputs · outputs FLOPs; the matrices of the touched experts are read once each, as they are stored.
  static func expertLinear(_ operands: [Tensor], held: Int, touched: Int) throws(ShapeError) -> OperationResult {
    let (input, weight) = (operands[0], operands[1])
    guard weight.rank == 2, input.rank >= 1, input.lastDimension == weight.shape[1], held > 0,
      weight.shape[0] % held == 0, touched >= 0, touched <= held
    else {
      throw ShapeError(
        .expertLinear, operands,
        "the input's last dimension must equal the weight's second, whose first is a multiple of \(held) experts")
    }
    try requireEqualTypes(.expertLinear, operands)
    let (rows, inputs, outputs) = (input.rowCount, weight.shape[1], weight.shape[0] / held)
    var shape = input.shape
    shape[shape.count - 1] = outputs
    let resultElements = Double(rows) * Double(outputs)
    let share = Double(touched) / Double(held)
    let conversion = Conversion(of: weight, with: input)
    return OperationResult(
      .expertLinear, shape: shape, elementType: input.elementType, computingIn: conversion.arithmetic,
      storing: weight.format.map(StoredOperand.quantized), sizes: SIMD8(sizes: rows, inputs, outputs, touched),
      flops: 2 * resultElements * Double(inputs) + conversion.flops * share,
      bytesRead: input.byteSize + weight.byteSize * share + conversion.activationBytes,
      bytesWritten: resultElements * Double(input.elementType.byteCount) + conversion.activationBytes)
  }

  /// A visible pair costs 2 · (latent size + value size) FLOPs in every head; each position's latent vector is read once.
  static func latentAttention(
    _ operands: [Tensor], valueSize: Int, causalOffset: Int
  ) throws(ShapeError) -> OperationResult {
    let (queries, latents) = (operands[0], operands[1])
    guard queries.rank == 4, latents.rank == 3, queries.shape[0] == latents.shape[0],
      queries.shape[3] == latents.shape[2], valueSize <= latents.shape[2]
    else {
      throw ShapeError(
        .latentAttention, operands,
        "queries need four dimensions and latent vectors three, with equal first and last ones")
    }
    let (batch, queryCount, heads, size) = (
      queries.shape[0], queries.shape[1], queries.shape[2], queries.shape[3]
    )
    let pairs = visiblePairs(queryCount: queryCount, keyCount: latents.shape[1], causalOffset: causalOffset)
    let resultElements = Double(batch * queryCount * heads * valueSize)
    return OperationResult(
      .latentAttention, shape: [batch, queryCount, heads, valueSize], elementType: queries.elementType,
      computingIn: queries.elementType,
      storing: latents.elementType == queries.elementType ? nil : .plain(latents.elementType),
      sizes: SIMD8(batch, heads, queryCount, latents.shape[1], size, valueSize, pairs, 0),
      flops: 2 * Double(batch * heads * (size + valueSize)) * Double(pairs),
      bytesRead: queries.byteSize + latents.byteSize,
      bytesWritten: resultElements * Double(queries.elementType.byteCount))
  }
}
