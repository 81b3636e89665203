import Tensors

/// Texts to embeddings: a transformer with causal attention, whose position of the end-of-text token becomes the
/// embedding.
struct TextTower: Sendable {
  private let configuration: CLIPConfiguration
  private let tokens: Tensor
  private let positions: Tensor
  private let layers: CLIPLayers
  private let lastNorm: LayerNorm
  private let projection: Tensor

  init(_ parameters: ParameterLoader, _ configuration: CLIPConfiguration) throws {
    let model = parameters.scoped("text_model")
    let width = configuration.text.hiddenSize
    func table(_ name: String, rows: Int) throws -> Tensor {
      try model.scoped("embeddings").scoped(name).parameter(
        "weight", [.whole(rows), .whole(width)], label: "embedding weights")
    }
    self.configuration = configuration
    tokens = try table("token_embedding", rows: configuration.vocabularySize)
    positions = try table("position_embedding", rows: configuration.maximumTextLength)
    layers = try CLIPLayers(model, configuration.text)
    lastNorm = try LayerNorm(
      model.scoped("final_layer_norm"), size: width, epsilon: configuration.text.normEpsilon)
    projection = try parameters.scoped("text_projection").parameter(
      "weight", [.whole(configuration.projectionSize), .whole(width)], label: "projection weights")
  }

  /// Token ids `[batch, length]` to embeddings `[batch, projection size]` of length 1.
  ///
  /// - Parameter ends: for each text, the index of its end among all positions of the batch, `[batch]`.
  func callAsFunction(_ texts: Tensor, ends: Tensor, progress: (Double) -> Void) async throws -> Tensor {
    let (batch, length) = (texts.shape[0], texts.shape[1])
    let embedded = try texts.embedding(from: tokens) + positions.narrowed(axis: 0, to: 0..<length)
    let hidden = try await layers(consume embedded, isCausal: true, progress: progress)
    let rows = try hidden.reshaped(to: [batch * length, configuration.text.hiddenSize])
    return try lastNorm(ends.embedding(from: rows)).linear(projection).normalized()
  }
}
