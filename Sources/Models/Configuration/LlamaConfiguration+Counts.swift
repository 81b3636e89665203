/// How large a model is.
extension LlamaConfiguration {
  /// Parameters of one layer with one feed-forward: query, key, value and output projections, gate (where there is one), up and
  /// down projections, norms.
  public var layerParameterCount: Int { attentionParameterCount + feedForwardParameterCount }

  /// Parameters of a layer's attention and of its norms.
  private var attentionParameterCount: Int {
    let norms = variant.normCount * variant.normParameterCount(hiddenSize)
    if let latent = variant.latentAttention {
      return norms + latent.parameterCount(hiddenSize: hiddenSize, headCount: headCount)
    }
    let queries = headCount * headSize
    let keys = keyValueHeadCount * headSize
    var count = norms + hiddenSize * (2 * queries + 2 * keys)
    if hasQueryKeyValueBias { count += queries + 2 * keys }
    if hasAttentionOutputBias { count += hiddenSize }
    if variant.hasAttentionSinks { count += headCount }
    switch variant.queryKeyNorm {
    case .none: return count
    case .eachHead: return count + 2 * headSize
    case .projection: return count + queries + keys
    }
  }

  private var feedForwardParameterCount: Int {
    (gateCount + 2) * hiddenSize * intermediateSize
      + (hasFeedForwardBias ? (gateCount + 1) * intermediateSize + hiddenSize : 0)
  }

  /// Parameters of all layers.
  ///
  /// - Parameter active: counts of experts only those that one token passes.
  private func layersParameterCount(active: Bool) -> Int {
    guard let experts = variant.experts else { return layerCount * layerParameterCount }
    let sparse =
      active ? experts.activeParameterCount(hiddenSize: hiddenSize) : experts.parameterCount(hiddenSize: hiddenSize)
    let dense = min(experts.denseLayerCount, layerCount)
    return layerCount * attentionParameterCount + dense * feedForwardParameterCount + (layerCount - dense) * sparse
  }

  /// How many layers have experts.
  public var expertLayerCount: Int { (0..<layerCount).count { variant.hasExperts(inLayer: $0) } }

  /// How many projections gate the feed-forward.
  private var gateCount: Int { if case .gated = variant.feedForward { 1 } else { 0 } }

  /// Entries of the embedding's table, and of the output layer's.
  public var embeddingParameterCount: Int { vocabularySize * hiddenSize }

  /// All parameters, a shared table counted once.
  public var parameterCount: Int { parameterCount(active: false) }

  /// Those that one token passes: of experts only the ones that it goes to.
  public var activeParameterCount: Int { parameterCount(active: true) }

  private func parameterCount(active: Bool) -> Int {
    let norms = variant.normalizesEmbeddings ? 2 : 1
    let positions = variant.positions == .learned ? maximumPositionCount * hiddenSize : 0
    return (tiesEmbeddings ? 1 : 2) * embeddingParameterCount + positions + layersParameterCount(active: active)
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
    let elements = variant.latentAttention?.cachedSize ?? 2 * keyValueHeadCount * headSize
    let perPosition = elements * cacheElementType.byteCount
    let (inOneSequence, overflow) = perPosition.multipliedReportingOverflow(by: positions)
    let (bytes, overflows) = inOneSequence.multipliedReportingOverflow(by: batchSize)
    return overflow || overflows ? .max : bytes
  }
}
