import Quantities

/// A tensor operation with its attributes. Its operands follow it, in the order given at each case.
///
/// Every operation is declared once: ``result(of:)`` checks the operands and gives the result's shape, its element type
/// and the cost, for all backends alike. A cost counts what an unfused kernel needs that reads each operand and writes
/// the result once; a multiply-add is two FLOPs, any other arithmetic on an element is one.
public enum Operation: Hashable, Sendable {
  /// Input `[..., inputs]`, weight `[outputs, inputs]`, optionally bias `[outputs]`.
  case linear
  /// Input `[..., rows, inputs]`, weight `[held · outputs, inputs]`, the matrices of `held` experts one after another, of which
  /// the rows go to `touched` ones, each row to one: `[..., rows, outputs]`, by one grouped kernel.
  case expertLinear(held: Int, touched: Int)
  /// Left `[..., rows, inner]`, right `[..., inner, columns]`, with equal leading axes.
  case matmul
  /// Queries `[batch, queries, heads, headSize]`, keys and values `[batch, keys, keyValueHeads, headSize]`. Scores are
  /// scaled by 1/√headSize. With `causalOffset`, query `i` sees keys `0...(causalOffset + i)`, with a `window` only
  /// the last so many of them; without it, all. Optionally
  /// key counts `[batch]` of 64-bit integers: queries of an entry then see its first so many keys only, and there is no
  /// `causalOffset`.
  case attention(causalOffset: Int?, window: Int? = nil)
  /// Queries `[batch, queries, heads, latent size]`, one latent vector for each position `[batch, keys, latent size]`, which
  /// all heads share, and whose first `valueSize` elements are the values: `[batch, queries, heads, valueSize]` (DeepSeek-AI,
  /// "DeepSeek-V2", 2024, section 2.1, with the projections of keys and values absorbed). Query `i` sees keys
  /// `0...(causalOffset + i)`.
  case latentAttention(valueSize: Int, causalOffset: Int)
  /// Indices `[...]` of an integer type, table `[rows, columns]`. Row `i` of the table belongs to index
  /// `firstIndex + i`; other indices give zeros.
  case embedding(firstIndex: Int)
  /// Index of the largest element along the last axis.
  case argmax
  /// Input `[..., columns]`, weight `[columns]`.
  case rmsNorm(epsilon: Double)
  /// Input `[..., columns]`, weight and bias `[columns]`.
  case layerNorm(epsilon: Double)
  /// Along the last axis.
  case softmax
  /// x / (1 + e⁻ˣ).
  case silu
  /// The tanh form of the Gaussian error linear unit.
  case gelu
  /// x · Φ(x), the Gaussian error linear unit as it is defined (Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016).
  case exactGELU
  /// x / (1 + e^(−1.702 x)), its approximation by a sigmoid (the same paper, section 2).
  case quickGELU
  /// Hyperbolic tangent.
  case tanh
  /// eˣ.
  case exponential
  /// Left and right; the right shape equals the left one or its last axes.
  case add
  /// Left and right; the right shape equals the left one or its last axes.
  case multiply
  /// Each row along the last axis divided by its Euclidean length, or by `epsilon` where that is larger.
  case normalize(epsilon: Double)
  /// Input `[batch, positions, columns]`, optionally counts `[batch]` of 64-bit integers: the mean of each entry's
  /// positions, or of its first so many, `[batch, columns]`.
  case mean
  /// Input `[batch, channels, height, width]`: its squares of `size` by `size`, row after row, each flattened in the order
  /// channel, row, column, `[batch, squares, channels · size²]`. A linear layer makes a convolution of it whose stride
  /// is the size of its kernel.
  case patches(size: Int)
  /// Input `[batch, positions, heads, headSize]`, whose first position is `position`.
  case rotaryEmbedding(RotaryEmbedding, position: Int)
  /// Tensors that differ in the length of `axis` only.
  case concatenate(axis: Int)
  /// The same elements in another type.
  case cast(ElementType)
  /// Input `[..., columns]`: each row as it is stored in a format, bytes `[rows, bytes of a row]`.
  case quantize(QuantizedFormat)
  /// Bytes `[count · rows, bytes of a row]`, the rows of `count` tensors one after another: their sum `[rows, columns]`.
  case sumQuantized(QuantizedFormat, count: Int, columns: Int, ElementType)

  /// Checks the operands and infers the result and the cost.
  ///
  /// - Throws: the shapes and the rule they break.
  public func result(of operands: [Tensor]) throws(ShapeError) -> OperationResult {
    switch self {
    case .linear: try Self.linear(operands)
    case .expertLinear(let held, let touched): try Self.expertLinear(operands, held: held, touched: touched)
    case .matmul: try Self.matmul(operands)
    case .attention(let causalOffset, let window):
      try Self.attention(operands, causalOffset: causalOffset, window: window)
    case .latentAttention(let valueSize, let offset):
      try Self.latentAttention(operands, valueSize: valueSize, causalOffset: offset)
    case .embedding: try Self.embedding(operands)
    case .argmax: try Self.argmax(operands)
    case .rmsNorm: try Self.rmsNorm(operands)
    case .layerNorm: try Self.layerNorm(operands)
    case .softmax: try Self.softmax(operands)
    case .silu: Self.elementwise(.silu, operands, flopsPerElement: 4)
    case .gelu: Self.elementwise(.gelu, operands, flopsPerElement: 9)
    case .exactGELU: Self.elementwise(.exactGELU, operands, flopsPerElement: 5)
    case .quickGELU: Self.elementwise(.quickGELU, operands, flopsPerElement: 5)
    case .tanh: Self.elementwise(.tanh, operands, flopsPerElement: 1)
    case .exponential: Self.elementwise(.exponential, operands, flopsPerElement: 1)
    case .normalize: try Self.normalize(operands)
    case .mean: try Self.mean(operands)
    case .patches(let size): try Self.patches(operands, size: size)
    case .add: try Self.binary(.add, operands)
    case .multiply: try Self.binary(.multiply, operands)
    case .rotaryEmbedding: try Self.rotaryEmbedding(operands)
    case .concatenate(let axis): try Self.concatenate(operands, axis: axis)
    case .cast(let elementType): Self.cast(operands, to: elementType)
    case .quantize(let format): Self.quantize(operands, format)
    case .sumQuantized(let format, let count, let columns, let elementType):
      try Self.sumQuantized(operands, format, count: count, columns: columns, elementType)
    }
  }

  /// Throws unless all operands have the first one's element type.
  static func requireEqualTypes(_ kind: OperationKind, _ operands: [Tensor]) throws(ShapeError) {
    for operand in operands where operand.elementType != operands[0].elementType {
      let found = operands.map(\.elementType.rawValue).joined(separator: ", ")
      throw ShapeError(kind, operands, "element types must be equal, they are \(found)")
    }
  }
}
