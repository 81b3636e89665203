import Communication
import Tensors

/// The part of a Llama model that one device holds: consecutive layers, the embedding if they are the first ones, and
/// the output if they are the last ones.
public struct LlamaShard: Sendable {
  /// The layers, in order.
  public let layers: [LlamaLayer]
  /// Is told which layer the device works on; `nil` where nobody asks.
  var place: (any ModelPlace)?
  private let layerNumbers: Range<Int>
  private let configuration: LlamaConfiguration
  private let share: TensorShare
  private let device: any TensorDevice
  private let embedding: VocabularyParallelEmbedding?
  /// `[positions, hidden size]`, the same on each device.
  private let positionTable: Tensor?
  private let embeddingNorm: HiddenNorm?
  private let finalNorm: HiddenNorm?
  private let embeddingFactor: ScalarFactor?
  private let logitFactor: ScalarFactor?
  private let output: VocabularyParallelOutput?

  /// Makes the parameters, named as in Hugging Face's checkpoints.
  ///
  /// A model that ties its embeddings has one table where embedding and output meet on a device; a pipeline has one at
  /// each end.
  ///
  /// - Parameters:
  ///   - layerRange: the layers that this device holds.
  ///   - share: its share of them.
  ///   - vocabularyCounts: how many tokens each device of its group has.
  ///   - group: the devices that divide its layers; `nil` when it has them alone.
  init(
    _ parameters: ParameterLoader, _ configuration: LlamaConfiguration, layers layerRange: Range<Int>,
    share: TensorShare, vocabularyCounts: [Int], group: (any Communicator)?
  ) throws {
    self.configuration = configuration
    self.share = share
    device = parameters.device
    let model = parameters.scoped("model")
    let vocabularyGroup = configuration.dividesVocabulary ? group : nil
    embedding =
      layerRange.lowerBound == 0
      ? try VocabularyParallelEmbedding(
        model.scoped("embed_tokens"), tokens: share.vocabulary, hiddenSize: configuration.hiddenSize,
        group: vocabularyGroup)
      : nil
    positionTable =
      embedding != nil && configuration.variant.positions == .learned
      ? try model.scoped("embed_positions").parameter(
        "weight", [.whole(configuration.maximumPositionCount), .whole(configuration.hiddenSize)],
        label: "embedding weights") : nil
    embeddingNorm =
      embedding != nil && configuration.variant.normalizesEmbeddings
      ? try HiddenNorm(model.scoped("embed_norm"), configuration) : nil
    layers = try layerRange.map {
      try LlamaLayer(model.scoped("layers.\($0)"), configuration, layer: $0, share: share, group: group)
    }
    layerNumbers = layerRange
    let factors = configuration.variant.factors
    embeddingFactor = factors.scalesEmbeddings && embedding != nil ? try ScalarFactor(parameters) : nil
    guard layerRange.upperBound == configuration.layerCount else {
      finalNorm = nil
      output = nil
      logitFactor = nil
      return
    }
    finalNorm = try HiddenNorm(model.scoped("norm"), configuration)
    logitFactor = factors.scalesLogits || factors.capsLogits ? try ScalarFactor(parameters) : nil
    let tied = configuration.tiesEmbeddings ? embedding?.table : nil
    let outputParameters =
      configuration.tiesEmbeddings ? model.scoped("embed_tokens") : parameters.scoped("lm_head")
    let table =
      try tied
      ?? outputParameters.parameter(
        "weight", [share.vocabulary, .whole(configuration.hiddenSize)], label: "output weights")
    output = VocabularyParallelOutput(table: table, tokenCounts: vocabularyCounts, group: vocabularyGroup)
  }

  /// Empty caches for each layer.
  func makeCaches(batchSize: Int, capacity: Int) throws -> [KeyValueCache] {
    try layerNumbers.map { layer in
      try KeyValueCache(
        batchSize: batchSize, capacity: capacity, window: configuration.variant.traits(ofLayer: layer).window,
        headCount: share.keyValueHeads.count, headSize: configuration.headSize,
        elementType: configuration.cacheElementType, on: device)
    }
  }

  /// Token ids `[batch, positions]` to hidden states `[batch, positions, hidden size]`; the shard holds layer 0.
  ///
  /// - Parameter position: the first token's.
  func embed(_ tokens: Tensor, from position: Int) async throws -> Tensor {
    guard let embedding else { preconditionFailure("only the first layers' device embeds") }
    place?.begin(.embedding)
    defer { place?.begin(nil) }
    return try await embedded(tokens, by: embedding) { table in
      try table.narrowed(axis: 0, to: position..<position + tokens.shape[1])
    }
  }

  /// Token ids `[1, tokens]` of a serving engine's batch, each at a position of its own, to hidden states.
  func embed(_ tokens: Tensor) async throws -> Tensor {
    guard let embedding else { preconditionFailure("only the first layers' device embeds") }
    place?.begin(.embedding)
    defer { place?.begin(nil) }
    return try await embedded(tokens, by: embedding) { table in
      Tensor(
        shape: [tokens.shape[1], configuration.hiddenSize], elementType: table.elementType, storage: table.storage)
    }
  }

  /// - Parameter positions: the rows of the table of positions that belong to the tokens.
  private func embedded(
    _ tokens: Tensor, by embedding: VocabularyParallelEmbedding, positions: (Tensor) throws -> Tensor
  ) async throws -> Tensor {
    var rows = try await embedding(tokens)
    if let embeddingFactor { rows = try embeddingFactor(rows) }
    if let positionTable { rows = try rows + positions(positionTable) }
    return try embeddingNorm?(rows) ?? rows
  }

  /// Hidden states after this shard's layers, whose caches take the new positions.
  func forward(_ hidden: consuming Tensor, caches: inout [KeyValueCache]) async throws -> Tensor {
    var rows = consume hidden
    for index in layers.indices {
      place?.begin(.layer(layerNumbers.lowerBound + index))
      rows = try await layers[index](rows, cache: &caches[index])
    }
    place?.begin(nil)
    return rows
  }

  /// Hidden states of a serving engine's batch after some of this shard's layers, whose caches take the new positions.
  func forward(
    _ hidden: consuming Tensor, layers range: Range<Int>, of batch: BatchShape, caches: [PagedCache]
  ) async throws -> Tensor {
    var rows = consume hidden
    for index in range {
      place?.begin(.layer(layerNumbers.lowerBound + index))
      rows = try await layers[index](rows, of: batch, caches[index])
    }
    place?.begin(nil)
    return rows
  }

  /// The next tokens of a serving engine's batch, one position of each sequence, from hidden states
  /// `[1, tokens, hidden size]`.
  func choose(_ hidden: consuming Tensor, sequences: Int) async throws -> TokenChoice {
    try await choose(fromRows: hidden.narrowed(axis: 1, to: 0..<sequences))
  }

  /// The next tokens by greedy choice from hidden states `[batch, positions, hidden size]`, of which only the last
  /// position passes the output layer; the shard holds the last layer.
  func choose(_ hidden: consuming Tensor) async throws -> TokenChoice {
    try await choose(fromRows: Self.lastRow(consume hidden))
  }

  private func choose(fromRows row: consuming Tensor) async throws -> TokenChoice {
    guard let finalNorm, let output else { preconditionFailure("only the last layers' device chooses tokens") }
    place?.begin(.output)
    defer { place?.begin(nil) }
    let logits = try bent(await output(finalNorm(consume row)))
    return TokenChoice(tokens: try logits.argmax(), logits: logits)
  }

  /// Logits as the family makes them of the output layer's result.
  private func bent(_ logits: consuming Tensor) throws -> Tensor {
    guard let logitFactor else { return logits }
    let scaled = try logitFactor(logits)
    return configuration.variant.factors.capsLogits ? try logitFactor(scaled.tanh()) : scaled
  }

  /// The last position `[batch, 1, hidden size]` of hidden states `[batch, positions, hidden size]`, as a view.
  static func lastRow(_ hidden: Tensor) throws -> Tensor {
    try hidden.narrowed(axis: 1, to: hidden.shape[1] - 1..<hidden.shape[1])
  }
}
