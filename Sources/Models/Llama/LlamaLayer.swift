import Communication
import Tensors

/// One layer: x + attention(norm(x)), then y + feedForward(norm(y)), or with the norms where the family has them
/// (``DecoderVariant/NormPlacement``).
///
/// Attention comes in parts too, for strategies that compute queries and keys of different rows.
public struct LlamaLayer: Sendable {
  /// The attention.
  public let attention: LlamaAttention
  /// Attention by latent vectors, which serving engines compute in its place.
  private let latentAttention: LatentAttentionLayer?
  private let attentionInput: HiddenNorm?
  private let attentionOutput: HiddenNorm?
  private let feedForwardInput: HiddenNorm?
  private let feedForwardOutput: HiddenNorm?
  private let feedForward: FeedForwardPart
  private let residualFactor: ScalarFactor?

  /// Makes this device's share of the parameters.
  init(
    _ parameters: ParameterLoader, _ configuration: LlamaConfiguration, layer: Int, share: TensorShare,
    group: (any Communicator)?
  ) throws {
    func norm(_ name: String?) throws -> HiddenNorm? {
      try name.map { try HiddenNorm(parameters.scoped($0), configuration) }
    }
    let names = NormNames(configuration.variant.normPlacement)
    attentionInput = try norm(names.attentionInput)
    latentAttention = try configuration.variant.latentAttention.map {
      try LatentAttentionLayer(parameters.scoped("self_attn"), configuration, $0, share: share, group: group)
    }
    attention = try LlamaAttention(
      parameters.scoped("self_attn"), configuration, layer: layer,
      share: latentAttention == nil ? share : share.withoutHeads, group: group)
    attentionOutput = try norm(names.attentionOutput)
    feedForwardInput = try norm(names.feedForwardInput)
    if let experts = configuration.variant.experts, configuration.variant.hasExperts(inLayer: layer) {
      feedForward = .experts(
        try ExpertFeedForward(parameters.scoped("mlp"), configuration, experts, share: share, group: group))
    } else {
      feedForward = .dense(
        try LlamaFeedForward(parameters.scoped("mlp"), configuration, columns: share.feedForwardColumns, group: group))
    }
    feedForwardOutput = try norm(names.feedForwardOutput)
    residualFactor = configuration.variant.factors.scalesResiduals ? try ScalarFactor(parameters) : nil
  }

  /// What queries, keys and values are computed of, for rows `[..., hidden size]`.
  public func normalized(_ rows: Tensor) throws -> Tensor { try attentionInput?(rows) ?? rows }

  /// The layer on rows `[batch, rows, hidden size]` that follow the positions in `cache`, which takes their keys and
  /// values.
  public func callAsFunction(_ rows: Tensor, cache: inout KeyValueCache) async throws -> Tensor {
    let position = cache.count
    let normalized = try normalized(rows)
    let queries = try attention.queries(normalized, position: position)
    let memory = try cache.append(attention.keysAndValues(consume normalized, position: position))
    return try await finish(rows, queries: consume queries, memory: consume memory, position: position)
  }

  /// The layer from its queries on: attention to `memory`, residual, feed-forward, residual, for `rows` from
  /// `position` on.
  public func finish(
    _ rows: Tensor, queries: consuming Tensor, memory: consuming KeysAndValues, position: Int
  ) async throws -> Tensor {
    let mixed = try await attention.attend(consume queries, to: consume memory, position: position)
    return try await finish(rows, attention: consume mixed)
  }

  /// The layer on the rows `[1, tokens, hidden size]` of a serving engine's batch.
  func callAsFunction(_ rows: Tensor, of batch: BatchShape, _ cache: PagedCache) async throws -> Tensor {
    guard let latentAttention else {
      return try await finish(rows, attention: attention(normalized(rows), of: batch, cache))
    }
    return try await finish(rows, attention: latentAttention(normalized(rows), of: batch, cache))
  }

  /// The layer from attention's result on.
  private func finish(_ rows: Tensor, attention mixed: consuming Tensor) async throws -> Tensor {
    let attended = try rows + residual(consume mixed, attentionOutput)
    let fed = try await feedForward(feedForwardInput?(attended) ?? attended)
    return try attended + residual(consume fed, feedForwardOutput)
  }

  /// What is added of the result of a part of the layer. Takes the result, so that nothing of it is kept in memory.
  private func residual(_ result: consuming Tensor, _ norm: HiddenNorm?) throws -> Tensor {
    if let norm { result = try norm(result) }
    if let residualFactor { result = try residualFactor(result) }
    return result
  }
}

/// The feed-forward of a layer.
private enum FeedForwardPart: Sendable {
  case dense(LlamaFeedForward)
  case experts(ExpertFeedForward)

  func callAsFunction(_ rows: Tensor) async throws -> Tensor {
    switch self {
    case .dense(let feedForward): try await feedForward(rows)
    case .experts(let feedForward): try await feedForward(rows)
    }
  }
}

/// What checkpoints call the norms of a layer; `nil` for one that there is not.
struct NormNames {
  var attentionInput: String?
  var attentionOutput: String?
  var feedForwardInput: String?
  var feedForwardOutput: String?

  init(_ placement: DecoderVariant.NormPlacement) {
    switch placement {
    case .before:
      attentionInput = "input_layernorm"
      feedForwardInput = "post_attention_layernorm"
    case .after:
      attentionOutput = "post_attention_layernorm"
      feedForwardOutput = "post_feedforward_layernorm"
    case .around:
      attentionInput = "input_layernorm"
      attentionOutput = "post_attention_layernorm"
      feedForwardInput = "pre_feedforward_layernorm"
      feedForwardOutput = "post_feedforward_layernorm"
    }
  }

  /// Those that there are.
  var all: [String] {
    [attentionInput, attentionOutput, feedForwardInput, feedForwardOutput].compactMap(\.self)
  }
}
