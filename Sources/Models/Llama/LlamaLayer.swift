import Communication
import Tensors

/// One layer: x + attention(norm(x)), then y + feedForward(norm(y)).
///
/// Attention comes in parts too, for strategies that compute queries and keys of different rows.
public struct LlamaLayer: Sendable {
  /// The normalization before attention.
  public let attentionNorm: RMSNorm
  /// The attention.
  public let attention: LlamaAttention
  private let feedForwardNorm: RMSNorm
  private let feedForward: LlamaFeedForward

  /// Makes this device's share of the parameters.
  init(
    _ parameters: ParameterLoader, _ configuration: LlamaConfiguration, share: TensorShare,
    group: (any Communicator)?
  ) throws {
    func norm(_ name: String) throws -> RMSNorm {
      try RMSNorm(parameters.scoped(name), size: configuration.hiddenSize, epsilon: configuration.normEpsilon)
    }
    attentionNorm = try norm("input_layernorm")
    attention = try LlamaAttention(parameters.scoped("self_attn"), configuration, share: share, group: group)
    feedForwardNorm = try norm("post_attention_layernorm")
    feedForward = try LlamaFeedForward(parameters.scoped("mlp"), configuration, share: share, group: group)
  }

  /// The layer on rows `[batch, rows, hidden size]` that follow the positions in `cache`, which takes their keys and
  /// values.
  public func callAsFunction(_ rows: Tensor, cache: inout KeyValueCache) async throws -> Tensor {
    let position = cache.count
    let normalized = try attentionNorm(rows)
    let queries = try attention.queries(normalized, position: position)
    let memory = try cache.append(attention.keysAndValues(consume normalized, position: position))
    return try await finish(rows, queries: consume queries, memory: consume memory, position: position)
  }

  /// The layer from its queries on: attention to `memory`, residual, feed-forward, residual, for `rows` from
  /// `position` on.
  public func finish(
    _ rows: Tensor, queries: consuming Tensor, memory: consuming KeysAndValues, position: Int
  ) async throws -> Tensor {
    let attended = try await rows + attention.attend(consume queries, to: consume memory, position: position)
    return try await attended + feedForward(feedForwardNorm(attended))
  }
}
