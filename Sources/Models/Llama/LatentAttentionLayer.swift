import Communication
import Tensors

/// Multi-head latent attention of a serving engine, for a share of the heads; every device has all latent vectors.
///
/// Prompts make keys and values of the latent vectors and attend to them head by head. Decoding absorbs the projections of keys
/// and values into queries and results, and attends to the latent vectors themselves, which are all that it reads of the cache
/// (DeepSeek-AI, "DeepSeek-V2", 2024, section 2.1). Positions turn queries and keys within the kernel that fills the cache.
struct LatentAttentionLayer: Sendable {
  private let latent: LatentAttention
  private let headCount: Int
  private let queryDown: Tensor
  private let queryNorm: RMSNorm
  private let queryUp: Tensor
  private let keyValueDown: Tensor
  private let keyValueNorm: RMSNorm
  private let keyValueUp: Tensor
  private let output: RowParallelLinear

  init(
    _ parameters: ParameterLoader, _ configuration: LlamaConfiguration, _ latent: LatentAttention, share: TensorShare,
    group: (any Communicator)?
  ) throws {
    self.latent = latent
    headCount = share.heads.count
    let (hidden, heads) = (configuration.hiddenSize, headCount)
    func matrix(_ name: String, _ rows: Int, _ columns: Int) throws -> Tensor {
      try parameters.parameter("\(name).weight", [.whole(rows), .whole(columns)], label: "attention weights")
    }
    queryDown = try matrix("q_a_proj", latent.queryRank, hidden)
    queryNorm = try RMSNorm(
      parameters.scoped("q_a_layernorm"), size: latent.queryRank, epsilon: configuration.normEpsilon)
    queryUp = try matrix("q_b_proj", heads * (latent.plainSize + latent.rotarySize), latent.queryRank)
    keyValueDown = try matrix("kv_a_proj_with_mqa_proj", latent.cachedSize, hidden)
    keyValueNorm = try RMSNorm(
      parameters.scoped("kv_a_layernorm"), size: latent.keyValueRank, epsilon: configuration.normEpsilon)
    keyValueUp = try matrix("kv_b_proj", heads * (latent.plainSize + latent.valueSize), latent.keyValueRank)
    output = try RowParallelLinear(
      parameters.scoped("o_proj"), inputs: share.heads.scaled(by: latent.valueSize), outputs: hidden, group: group,
      sumFormat: configuration.sumFormat, label: "attention weights")
  }

  /// What the rows `[1, tokens, hidden size]` of a batch, normalized, make of all positions that they may see; their own go into
  /// the cache first.
  func callAsFunction(_ rows: Tensor, of batch: BatchShape, _ cache: PagedCache) async throws -> Tensor {
    let queries = try queryNorm(rows.linear(queryDown)).linear(queryUp)
    let vectors = try rows.linear(keyValueDown)
    _ = try keyValueNorm(vectors.narrowed(axis: 2, to: 0..<latent.keyValueRank))
    try cache.write(latent: vectors.reshaped(to: [1, vectors.shape[1], 1, latent.cachedSize]))
    for chunk in batch.chunks { try attend(chunk, queries, cache) }
    if batch.decodingCount > 0 { try decode(batch, queries, cache) }
    let result = Tensor(
      shape: [1, rows.shape[1], headCount * latent.valueSize], elementType: rows.elementType, storage: queries.storage)
    return try await output(result)
  }

  /// Chunks of prompts: keys and values of all positions, those of the cache among them.
  private func attend(_ chunk: BatchShape.Chunks, _ queries: Tensor, _ cache: PagedCache) throws {
    let positions = chunk.context + chunk.length
    let vectors = Tensor(
      shape: [chunk.count, positions, latent.keyValueRank], elementType: queries.elementType, storage: queries.storage)
    let expanded = try vectors.linear(keyValueUp)
    // Queries and keys are longer than values; a head as long as their mean has the same arithmetic.
    let size = (latent.plainSize + latent.rotarySize + latent.valueSize) / 2
    func heads(_ rows: Int) -> Tensor {
      Tensor(
        shape: [chunk.count, rows, headCount, size], elementType: queries.elementType, storage: expanded.storage)
    }
    _ = try heads(chunk.length).attention(
      keys: heads(positions), values: heads(positions), causalOffset: chunk.context)
  }

  /// One more position of each sequence.
  private func decode(_ batch: BatchShape, _ queries: Tensor, _ cache: PagedCache) throws {
    let count = batch.decodingCount
    func tensor(_ shape: [Int]) -> Tensor {
      Tensor(shape: shape, elementType: queries.elementType, storage: queries.storage)
    }
    _ = try tensor([headCount, count, latent.plainSize])
      .matmul(tensor([headCount, latent.plainSize, latent.keyValueRank]))
    _ = try tensor([count, 1, headCount, latent.cachedSize]).latentAttention(
      cache.latents(count, positions: batch.decodingContext), valueSize: latent.keyValueRank,
      causalOffset: batch.decodingContext - 1)
    _ = try tensor([headCount, count, latent.keyValueRank])
      .matmul(tensor([headCount, latent.keyValueRank, latent.valueSize]))
  }
}
