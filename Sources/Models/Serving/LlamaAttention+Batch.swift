import Tensors

extension LlamaAttention {
  /// What the rows `[1, tokens, hidden size]` of a batch, normalized, make of all keys and values that they may see; their own
  /// go into the cache first. The chunks' rows come before those of decoding sequences.
  func callAsFunction(_ rows: Tensor, of batch: BatchShape, _ cache: PagedCache) async throws -> Tensor {
    let queries = try queries(rows, position: 0)
    try cache.write(keysAndValues(rows, position: 0))
    return try await project(mixed(queries, of: batch, cache))
  }

  /// One kernel for alike chunks and one for all decoding sequences, which write into one result.
  private func mixed(_ queries: Tensor, of batch: BatchShape, _ cache: PagedCache) throws -> Tensor {
    let result = try Tensor(
      uninitialized: queries.shape, elementType: queries.elementType, on: cache.device, label: "attention")
    var row = 0
    func attend(_ count: Int, rows: Int, context: Int) throws {
      let own = try queries.narrowed(axis: 1, to: row..<row + count * rows)
        .reshaped(to: [count, rows, queries.shape[2], queries.shape[3]])
      let memory = cache.sequences(count, positions: context + rows)
      _ = try attended(own, to: memory, position: context)
      row += count * rows
    }
    for chunk in batch.chunks { try attend(chunk.count, rows: chunk.length, context: chunk.context) }
    if batch.decodingCount > 0 { try attend(batch.decodingCount, rows: 1, context: batch.decodingContext - 1) }
    return result
  }
}
