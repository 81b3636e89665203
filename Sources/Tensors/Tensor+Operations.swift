import Quantities

/// The operations. Each takes new memory for its result and charges its cost; see ``Operation`` for shapes and costs.
extension Tensor {
  /// `self · weightᵀ + bias`, with weight `[outputs, inputs]`.
  public func linear(_ weight: Tensor, bias: Tensor? = nil) throws -> Tensor {
    try Tensor.perform(.linear, bias.map { [self, weight, $0] } ?? [self, weight])
  }

  /// The rows of this tensor, each times the matrix of its expert, transposed, with weight `[held · outputs, inputs]`.
  public func expertLinear(_ weight: Tensor, held: Int, touched: Int) throws -> Tensor {
    try Tensor.perform(.expertLinear(held: held, touched: touched), [self, weight])
  }

  /// Attention of these queries to latent vectors that all heads share.
  public func latentAttention(_ latents: Tensor, valueSize: Int, causalOffset: Int) throws -> Tensor {
    try Tensor.perform(.latentAttention(valueSize: valueSize, causalOffset: causalOffset), [self, latents])
  }

  /// The matrix product over the last two axes, for each entry of the leading ones.
  public func matmul(_ right: Tensor) throws -> Tensor { try Tensor.perform(.matmul, [self, right]) }

  /// Scaled-dot-product attention of these queries; grouped when there are fewer key-value heads than query heads.
  ///
  /// - Parameters:
  ///   - causalOffset: position of the first query among the keys, or `nil` for attention to all keys.
  ///   - window: how many keys a query sees, its own among them; `nil` for all up to its own.
  public func attention(keys: Tensor, values: Tensor, causalOffset: Int?, window: Int? = nil) throws -> Tensor {
    try Tensor.perform(.attention(causalOffset: causalOffset, window: window), [self, keys, values])
  }

  /// Scaled-dot-product attention of these queries to all keys, or to the first `keyCounts[i]` ones of entry i: what is
  /// padded behind them is not seen. Every count must be at least 1.
  public func attention(keys: Tensor, values: Tensor, keyCounts: Tensor?) throws -> Tensor {
    try Tensor.perform(.attention(causalOffset: nil), [self, keys, values] + (keyCounts.map { [$0] } ?? []))
  }

  /// The rows of `table` that these indices name.
  ///
  /// - Parameter firstIndex: the index of the table's first row; indices outside of the table give zeros.
  public func embedding(from table: Tensor, firstIndex: Int = 0) throws -> Tensor {
    try Tensor.perform(.embedding(firstIndex: firstIndex), [self, table])
  }

  /// The index of the largest element along the last axis, which disappears.
  public func argmax() throws -> Tensor { try Tensor.perform(.argmax, [self]) }

  /// Each row divided by its root mean square, times `weight`.
  public func rmsNorm(weight: Tensor, epsilon: Double) throws -> Tensor {
    try Tensor.perform(.rmsNorm(epsilon: epsilon), [self, weight])
  }

  /// Each row with mean 0 and variance 1, times `weight`, plus `bias`.
  public func layerNorm(weight: Tensor, bias: Tensor, epsilon: Double) throws -> Tensor {
    try Tensor.perform(.layerNorm(epsilon: epsilon), [self, weight, bias])
  }

  /// Each row as probabilities.
  public func softmax() throws -> Tensor { try Tensor.perform(.softmax, [self]) }

  /// x / (1 + e⁻ˣ) of each element.
  public func silu() throws -> Tensor { try Tensor.perform(.silu, [self]) }

  /// The Gaussian error linear unit of each element, in its tanh form.
  public func gelu() throws -> Tensor { try Tensor.perform(.gelu, [self]) }

  /// The Gaussian error linear unit of each element, as it is defined.
  public func exactGELU() throws -> Tensor { try Tensor.perform(.exactGELU, [self]) }

  /// The Gaussian error linear unit of each element, by a sigmoid.
  public func quickGELU() throws -> Tensor { try Tensor.perform(.quickGELU, [self]) }

  /// The hyperbolic tangent of each element.
  public func tanh() throws -> Tensor { try Tensor.perform(.tanh, [self]) }

  /// eˣ of each element.
  public func exponential() throws -> Tensor { try Tensor.perform(.exponential, [self]) }

  /// Each row with the Euclidean length 1; rows shorter than `epsilon` are divided by it.
  public func normalized(epsilon: Double = 1e-12) throws -> Tensor {
    try Tensor.perform(.normalize(epsilon: epsilon), [self])
  }

  /// The mean over the positions of `[batch, positions, columns]`, or over each entry's first `counts[i]` of them. Every
  /// count must be at least 1.
  public func meanOverPositions(counts: Tensor? = nil) throws -> Tensor {
    try Tensor.perform(.mean, [self] + (counts.map { [$0] } ?? []))
  }

  /// The squares that images `[batch, channels, height, width]` consist of, `[batch, squares, channels · size²]`.
  public func patches(size: Int) throws -> Tensor { try Tensor.perform(.patches(size: size), [self]) }

  /// The element-wise sum.
  public static func + (left: Tensor, right: Tensor) throws -> Tensor { try perform(.add, [left, right]) }

  /// The element-wise product.
  public static func * (left: Tensor, right: Tensor) throws -> Tensor { try perform(.multiply, [left, right]) }

  /// Heads turned by their positions, the first of which is `position`.
  public func rotated(by embedding: RotaryEmbedding, position: Int) throws -> Tensor {
    try Tensor.perform(.rotaryEmbedding(embedding, position: position), [self])
  }

  /// The parts one after another along `axis`. `parts` must not be empty.
  public static func concatenate(_ parts: [Tensor], axis: Int) throws -> Tensor {
    guard !parts.isEmpty else { throw ShapeError("concatenate", shapes: [], rule: "there must be a part") }
    return try perform(.concatenate(axis: axis), parts)
  }

  /// The elements in another type.
  public func cast(to elementType: ElementType) throws -> Tensor { try Tensor.perform(.cast(elementType), [self]) }

  /// The elements of each row as they are stored in a format: bytes `[rows, bytes of a row]`.
  public func quantized(_ format: QuantizedFormat) throws -> Tensor { try Tensor.perform(.quantize(format), [self]) }

  /// The sum of `count` tensors of this shape and type whose rows, stored in a format, `parts` holds one after another.
  func sum(ofQuantized parts: Tensor, _ format: QuantizedFormat, count: Int) throws -> Tensor {
    let operation = Operation.sumQuantized(format, count: count, columns: lastDimension, elementType)
    return try Tensor.perform(operation, [parts]).reshaped(to: shape)
  }

  /// Overwrites the entries `start..<start + source.shape[axis]` along `axis` with `source`, converted to this tensor's type,
  /// in place: whoever shares the storage sees it. What a key-value cache does with new positions.
  public func copy(_ source: Tensor, intoAxis axis: Int, at start: Int) throws {
    let record = try Operation.copy(source, into: self, axis: axis, at: start)
    let device = try Tensor.commonDevice(of: [self, source], kind: .copy)
    try device.copy(source, into: self, axis: axis, at: start, record: record)
  }

  private static func perform(_ operation: Operation, _ operands: [Tensor]) throws -> Tensor {
    let result = try operation.result(of: operands)
    let device = try commonDevice(of: operands, kind: result.record.kind)
    let storage = try device.perform(operation, on: operands, result: result)
    return Tensor(shape: result.shape, elementType: result.elementType, storage: storage)
  }

  private static func commonDevice(of operands: [Tensor], kind: OperationKind) throws(PlacementError)
    -> any TensorDevice
  {
    guard let device = operands[0].device else {
      throw PlacementError(operation: kind.rawValue, operand: 0, isMessage: true)
    }
    for index in 1..<max(1, operands.count) where operands[index].device !== device {
      throw PlacementError(operation: kind.rawValue, operand: index, isMessage: operands[index].device == nil)
    }
    return device
  }
}
