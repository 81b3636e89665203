/// How large a model is.
extension LlamaConfiguration {
  /// Parameters of one layer: query, key, value and output projections, gate (where there is one), up and down
  /// projections, norms.
  public var layerParameterCount: Int {
    let queries = headCount * headSize
    let keys = keyValueHeadCount * headSize
    var count = hiddenSize * (2 * queries + 2 * keys) + (gateCount + 2) * hiddenSize * intermediateSize
    count += variant.normCount * variant.normParameterCount(hiddenSize)
    if hasQueryKeyValueBias { count += queries + 2 * keys }
    if hasAttentionOutputBias { count += hiddenSize }
    if hasFeedForwardBias { count += (gateCount + 1) * intermediateSize + hiddenSize }
    switch variant.queryKeyNorm {
    case .none: return count
    case .eachHead: return count + 2 * headSize
    case .projection: return count + queries + keys
    }
  }

  /// How many projections gate the feed-forward.
  private var gateCount: Int { if case .gated = variant.feedForward { 1 } else { 0 } }

  /// Entries of the embedding's table, and of the output layer's.
  public var embeddingParameterCount: Int { vocabularySize * hiddenSize }

  /// All parameters, a shared table counted once.
  public var parameterCount: Int {
    let norms = variant.normalizesEmbeddings ? 2 : 1
    let positions = variant.positions == .learned ? maximumPositionCount * hiddenSize : 0
    return (tiesEmbeddings ? 1 : 2) * embeddingParameterCount + positions + layerCount * layerParameterCount
      + norms * variant.normParameterCount(hiddenSize)
  }

  /// Bytes of the keys and values of `positionCount` positions in `batchSize` sequences, over all layers:
  /// 2 · key-value heads · head size · batch · bytes of an element · the positions that each layer keeps; `Int.max` where
  /// that cannot be counted.
  public func keyValueCacheByteCount(positionCount: Int, batchSize: Int = 1) -> Int {
    var positions = 0
    for layer in 0..<layerCount {
      let kept = min(positionCount, variant.traits(ofLayer: layer).window ?? positionCount)
      let (sum, overflow) = positions.addingReportingOverflow(kept)
      if overflow { return .max }
      positions = sum
    }
    let perPosition = 2 * keyValueHeadCount * headSize * cacheElementType.byteCount
    let (inOneSequence, overflow) = perPosition.multipliedReportingOverflow(by: positions)
    let (bytes, overflows) = inOneSequence.multipliedReportingOverflow(by: batchSize)
    return overflow || overflows ? .max : bytes
  }
}
