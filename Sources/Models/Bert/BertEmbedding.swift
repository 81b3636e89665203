import Communication
import Tensors

/// Words, positions and the first token type, added up and normalized.
struct BertEmbedding: Sendable {
  private let words: VocabularyParallelEmbedding
  private let positions: Tensor
  private let types: Tensor
  private let norm: LayerNorm

  init(
    _ parameters: ParameterLoader, _ configuration: BertConfiguration, tokens: AxisShare, group: (any Communicator)?
  ) throws {
    func table(_ name: String, rows: Int) throws -> Tensor {
      try parameters.scoped(name).parameter(
        "weight", [.whole(rows), .whole(configuration.hiddenSize)], label: "embedding weights")
    }
    words = try VocabularyParallelEmbedding(
      parameters.scoped("word_embeddings"), tokens: tokens, hiddenSize: configuration.hiddenSize, group: group)
    positions = try table("position_embeddings", rows: configuration.maximumPositionCount)
    types = try table("token_type_embeddings", rows: configuration.tokenTypeCount)
    norm = try LayerNorm(
      parameters.scoped("LayerNorm"), size: configuration.hiddenSize, epsilon: configuration.normEpsilon)
  }

  /// Token ids `[batch, positions]` to hidden states `[batch, positions, hidden size]`.
  func callAsFunction(_ tokens: Tensor) async throws -> Tensor {
    let type = try types.narrowed(axis: 0, to: 0..<1).reshaped(to: [types.shape[1]])
    let typed = try await words(tokens) + type
    return try norm(typed + positions.narrowed(axis: 0, to: 0..<tokens.shape[1]))
  }
}
