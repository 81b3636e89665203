/// The lengths of a transformer's axes that tensor parallelism divides.
protocol TensorParallelSizes {
  /// Number of query heads.
  var headCount: Int { get }
  /// Number of key and value heads; divides the number of query heads.
  var keyValueHeadCount: Int { get }
  /// Columns of the feed-forward.
  var intermediateSize: Int { get }
  /// Rows of the embedding's table.
  var vocabularySize: Int { get }
  /// Whether the embedding's and the output's tables are divided by tokens.
  var dividesVocabulary: Bool { get }
  /// What keeps heads from being divided among devices, if anything does.
  var obstacleToDividingHeads: String? { get }
}

extension TensorParallelSizes {
  var dividesVocabulary: Bool { true }
  var obstacleToDividingHeads: String? { nil }
}

extension LlamaConfiguration: TensorParallelSizes {
  var obstacleToDividingHeads: String? {
    variant.queryKeyNorm == .projection && !variant.dividesProjectionNorm
      ? "queries and keys are normalized over all heads at once" : nil
  }
}

/// What one of several tensor-parallel devices holds of every layer, of the embedding and of the output.
public struct TensorShare: Hashable, Sendable {
  /// Query heads.
  public let heads: AxisShare
  /// The key-value heads that these query heads attend to.
  public let keyValueHeads: AxisShare
  /// Columns of the feed-forward.
  public let feedForwardColumns: AxisShare
  /// Rows of the embedding's and of the output's table.
  public let vocabulary: AxisShare

  /// The same with no heads.
  var withoutHeads: TensorShare {
    TensorShare(
      heads: AxisShare(0..<0, of: heads.total), keyValueHeads: AxisShare(0..<0, of: keyValueHeads.total),
      feedForwardColumns: feedForwardColumns, vocabulary: vocabulary)
  }

  /// Among how many devices heads are divided.
  var deviceCount: Int { max(1, heads.total / max(1, heads.count)) }

  /// Everything.
  init(whole configuration: some TensorParallelSizes) {
    heads = .whole(configuration.headCount)
    keyValueHeads = .whole(configuration.keyValueHeadCount)
    feedForwardColumns = .whole(configuration.intermediateSize)
    vocabulary = .whole(configuration.vocabularySize)
  }

  private init(
    heads: AxisShare, keyValueHeads: AxisShare, feedForwardColumns: AxisShare, vocabulary: AxisShare
  ) {
    self.heads = heads
    self.keyValueHeads = keyValueHeads
    self.feedForwardColumns = feedForwardColumns
    self.vocabulary = vocabulary
  }

  /// Divides a model among devices in proportion to their speeds.
  ///
  /// A key-value head stays with the query heads that attend to it. With no more devices than key-value heads, such
  /// groups are the units; with more, each key-value head is held by several devices, as Megatron and vLLM do, which
  /// divide its query heads.
  ///
  /// - Parameter speeds: one for each device, as many as ``validate(tensor:configuration:strategy:)`` accepts.
  static func shares(of configuration: some TensorParallelSizes, speeds: [Double]) -> [TensorShare] {
    let groupSize = configuration.headCount / configuration.keyValueHeadCount
    let columns = consecutiveRanges(apportion(configuration.intermediateSize, by: speeds))
    let vocabulary = consecutiveRanges(apportion(configuration.vocabularySize, by: speeds))
    let headRanges = headRanges(of: configuration, speeds: speeds, groupSize: groupSize)
    return speeds.indices.map { rank in
      let heads = headRanges[rank]
      let keyValueHeads = heads.lowerBound / groupSize..<(heads.upperBound - 1) / groupSize + 1
      return TensorShare(
        heads: AxisShare(heads, of: configuration.headCount),
        keyValueHeads: AxisShare(keyValueHeads, of: configuration.keyValueHeadCount),
        feedForwardColumns: AxisShare(columns[rank], of: configuration.intermediateSize),
        vocabulary: configuration.dividesVocabulary
          ? AxisShare(vocabulary[rank], of: configuration.vocabularySize) : .whole(configuration.vocabularySize))
    }
  }

  private static func headRanges(of configuration: some TensorParallelSizes, speeds: [Double], groupSize: Int)
    -> [Range<Int>]
  {
    let groups = configuration.keyValueHeadCount
    if speeds.count <= groups {
      return consecutiveRanges(apportion(groups, by: speeds).map { $0 * groupSize })
    }
    let replicas = speeds.count / groups
    return (0..<groups).flatMap { group in
      let members = Array(speeds[group * replicas..<(group + 1) * replicas])
      return consecutiveRanges(apportion(groupSize, by: members), from: group * groupSize)
    }
  }

  /// Whether a model can be divided among `tensor` devices.
  static func divides(_ configuration: some TensorParallelSizes, among tensor: Int) -> Bool {
    let (heads, keyValueHeads) = (configuration.headCount, configuration.keyValueHeadCount)
    guard tensor == 1 || configuration.obstacleToDividingHeads == nil else { return false }
    return heads % tensor == 0 && (tensor <= keyValueHeads || tensor % keyValueHeads == 0)
      && tensor <= configuration.intermediateSize && tensor <= configuration.vocabularySize
  }

  /// Throws the equation that does not hold, unless a model can be divided among `tensor` devices.
  static func validate(tensor: Int, configuration: some TensorParallelSizes, strategy: ParallelStrategy)
    throws(StrategyError)
  {
    guard !divides(configuration, among: tensor) else { return }
    let (heads, keyValueHeads) = (configuration.headCount, configuration.keyValueHeadCount)
    let allowed = (1...heads).filter { divides(configuration, among: $0) }.map(String.init).joined(separator: ", ")
    let rule =
      if let obstacle = configuration.obstacleToDividingHeads {
        "tensor = \(tensor), must be 1: \(obstacle)"
      } else if heads % tensor != 0 {
        "num_attention_heads % tensor = \(heads) % \(tensor) = \(heads % tensor), must be 0"
      } else if tensor > keyValueHeads, tensor % keyValueHeads != 0 {
        "tensor % num_key_value_heads = \(tensor) % \(keyValueHeads) = \(tensor % keyValueHeads), must be 0"
      } else if tensor > configuration.intermediateSize {
        "tensor = \(tensor) > intermediate_size = \(configuration.intermediateSize), must not be"
      } else {
        "tensor = \(tensor) > vocab_size = \(configuration.vocabularySize), must not be"
      }
    throw StrategyError("\(strategy)", "\(rule); use \(allowed)")
  }
}
