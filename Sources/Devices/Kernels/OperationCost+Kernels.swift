extension OperationCost {
  /// The cost of a matrix product of `[rows, inner]` and `[inner, columns]`.
  static func matrixMultiplication(
    batch: Int = 1, rows: Int, columns: Int, inner: Int, bytesPerElement: Int
  ) -> OperationCost {
    let (batch, rows, columns, inner) = (Double(batch), Double(rows), Double(columns), Double(inner))
    let bytes = Double(bytesPerElement)
    return OperationCost(
      flops: 2 * batch * rows * columns * inner, bytesRead: batch * (rows * inner + inner * columns) * bytes,
      bytesWritten: batch * rows * columns * bytes)
  }

  /// The cost of causal attention of the last `queries` of `keys` positions to all that are not after them.
  static func attention(
    _ configuration: HeadConfiguration, batch: Int, queries: Int, keys: Int, bytesPerElement: Int
  ) -> OperationCost {
    let (heads, headSize) = (Double(batch * configuration.heads), Double(configuration.headSize))
    let pairs = Double(queries) * (Double(keys) - Double(queries - 1) / 2)
    let bytes = headSize * Double(bytesPerElement)
    let queryBytes = heads * Double(queries) * bytes
    let keyValueBytes = 2 * Double(batch * configuration.keyValueHeads) * Double(keys) * bytes
    return OperationCost(
      flops: 4 * heads * headSize * pairs, bytesRead: queryBytes + keyValueBytes, bytesWritten: queryBytes)
  }

  /// The cost of a norm of each row.
  static func normalization(rows: Int, columns: Int, bytesPerElement: Int) -> OperationCost {
    let elements = Double(rows) * Double(columns)
    return OperationCost(
      flops: 4 * elements, bytesRead: (elements + Double(columns)) * Double(bytesPerElement),
      bytesWritten: elements * Double(bytesPerElement))
  }
}
