/// What kind of kernel an operation is on a device, and how large: what its efficiency depends on, and by what measured
/// tables know it.
public enum KernelShape: Hashable, Sendable {
  /// A matrix product of `[rows, inner]` and `[inner, columns]`, `batch` times with different operands. Few rows make it
  /// a matrix-vector product (GEMV), which reads the matrix once for hardly any arithmetic.
  case matrixMultiplication(batch: Int, rows: Int, inner: Int, columns: Int)
  /// Products of so many groups of `rows` rows with a matrix `[inner, columns]` of each group's own, in one kernel, as experts'
  /// are computed. There are no tables of them.
  case groupedProduct(groups: Int, rows: Int, inner: Int, columns: Int)
  /// Scaled-dot-product attention of `queries` positions to `keys` positions in one kernel.
  case attention(batch: Int, heads: Int, keyValueHeads: Int, queries: Int, keys: Int, headSize: Int)
  /// A reduction of each row that is applied to the row: a norm, a softmax.
  case normalization(rows: Int, columns: Int)
  /// Element by element, copies included.
  case elementwise(elements: Int)
  /// Anything else, or an operation of which only the cost is known.
  case other
}
