import Tensors

/// The layers of a tower: each has attention and feed-forward with a norm before and a residual after each.
struct CLIPLayers: Sendable {
  private struct Layer: Sendable {
    let attentionNorm: LayerNorm
    let attention: MultiHeadAttention
    let feedForwardNorm: LayerNorm
    let feedForward: FeedForward
  }

  private let layers: [Layer]

  init(_ parameters: ParameterLoader, _ tower: CLIPConfiguration.Tower) throws {
    layers = try (0..<tower.layerCount).map { index in
      let parameters = parameters.scoped("encoder.layers.\(index)")
      func norm(_ name: String) throws -> LayerNorm {
        try LayerNorm(parameters.scoped(name), size: tower.hiddenSize, epsilon: tower.normEpsilon)
      }
      return Layer(
        attentionNorm: try norm("layer_norm1"),
        attention: try MultiHeadAttention(
          parameters.scoped("self_attn"),
          names: .init(query: "q_proj", key: "k_proj", value: "v_proj", output: "out_proj"),
          hiddenSize: tower.hiddenSize, heads: .whole(tower.headCount), group: nil),
        feedForwardNorm: try norm("layer_norm2"),
        feedForward: try FeedForward(
          parameters.scoped("mlp"), up: "fc1", down: "fc2", hiddenSize: tower.hiddenSize,
          columns: .whole(tower.intermediateSize), activation: tower.activation, group: nil))
    }
  }

  /// `[batch, positions, hidden size]` to the same shape.
  ///
  /// - Parameter isCausal: whether a position sees only those up to itself.
  func callAsFunction(
    _ embedded: consuming Tensor, isCausal: Bool, progress: (Double) -> Void
  ) async throws -> Tensor {
    var rows = consume embedded
    for (index, layer) in layers.enumerated() {
      let normalized = try layer.attentionNorm(rows)
      let attended =
        try await rows
        + layer.attention.attend(
          layer.attention.queries(normalized), to: layer.attention.keysAndValues(normalized),
          seeing: isCausal ? .upToOwn : .all)
      rows = try await attended + layer.feedForward(layer.feedForwardNorm(attended))
      progress(Double(index + 1) / Double(layers.count))
    }
    return rows
  }
}
