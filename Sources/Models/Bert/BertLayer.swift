import Communication
import Tensors

/// One layer of a BERT encoder: attention and feed-forward, a residual and a norm after each.
struct BertLayer: Sendable {
  let attention: MultiHeadAttention
  private let attentionNorm: LayerNorm
  private let feedForward: FeedForward
  private let outputNorm: LayerNorm

  /// Makes this device's share of the parameters.
  init(
    _ parameters: ParameterLoader, _ configuration: BertConfiguration, share: TensorShare, group: (any Communicator)?
  ) throws {
    func norm(_ name: String) throws -> LayerNorm {
      try LayerNorm(parameters.scoped(name), size: configuration.hiddenSize, epsilon: configuration.normEpsilon)
    }
    attention = try MultiHeadAttention(
      parameters.scoped("attention"),
      names: .init(query: "self.query", key: "self.key", value: "self.value", output: "output.dense"),
      hiddenSize: configuration.hiddenSize, heads: share.heads, group: group)
    attentionNorm = try norm("attention.output.LayerNorm")
    feedForward = try FeedForward(
      parameters, up: "intermediate.dense", down: "output.dense", hiddenSize: configuration.hiddenSize,
      columns: share.feedForwardColumns, activation: configuration.activation, group: group)
    outputNorm = try norm("output.LayerNorm")
  }

  /// The layer from its queries on, for the rows that they were computed from.
  func finish(
    _ rows: Tensor, queries: consuming Tensor, memory: consuming KeysAndValues,
    seeing visibility: MultiHeadAttention.Visibility
  ) async throws -> Tensor {
    let attended = try await attentionNorm(
      rows + attention.attend(consume queries, to: consume memory, seeing: visibility))
    return try await outputNorm(attended + feedForward(attended))
  }
}
