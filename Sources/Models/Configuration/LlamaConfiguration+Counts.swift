/// How large a model is.
extension LlamaConfiguration {
  /// Parameters of one layer: query, key, value and output projections, gate, up and down projections, two norms.
  public var layerParameterCount: Int {
    let queries = headCount * headSize
    let keys = keyValueHeadCount * headSize
    var count = hiddenSize * (2 * queries + 2 * keys) + 3 * hiddenSize * intermediateSize + 2 * hiddenSize
    if hasQueryKeyValueBias { count += queries + 2 * keys }
    if hasAttentionOutputBias { count += hiddenSize }
    if hasFeedForwardBias { count += 2 * intermediateSize + hiddenSize }
    return count
  }

  /// Entries of the embedding's table, and of the output layer's.
  public var embeddingParameterCount: Int { vocabularySize * hiddenSize }

  /// All parameters, a shared table counted once.
  public var parameterCount: Int {
    (tiesEmbeddings ? 1 : 2) * embeddingParameterCount + layerCount * layerParameterCount + hiddenSize
  }

  /// Bytes of the keys and values of `positionCount` positions in `batchSize` sequences, over all layers:
  /// 2 · layers · key-value heads · head size · positions · batch · bytes of an element.
  public func keyValueCacheByteCount(positionCount: Int, batchSize: Int = 1) -> Int {
    2 * layerCount * keyValueHeadCount * headSize * positionCount * batchSize * elementType.byteCount
  }
}
