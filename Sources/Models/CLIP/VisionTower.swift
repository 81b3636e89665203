import Tensors

/// Images to embeddings: a vision transformer (Dosovitskiy et al., "An Image is Worth 16x16 Words", 2021) whose first
/// position, the class's, becomes the embedding.
struct VisionTower: Sendable {
  private let configuration: CLIPConfiguration
  private let device: any TensorDevice
  private let classTable: Tensor
  private let patchWeight: Tensor
  private let positions: Tensor
  private let firstNorm: LayerNorm
  private let layers: CLIPLayers
  private let lastNorm: LayerNorm
  private let projection: Tensor

  init(_ parameters: ParameterLoader, _ configuration: CLIPConfiguration) throws {
    let (model, tower) = (parameters.scoped("vision_model"), configuration.vision)
    let (width, square) = (tower.hiddenSize, configuration.patchSize)
    let embeddings = model.scoped("embeddings")
    func norm(_ name: String) throws -> LayerNorm {
      try LayerNorm(model.scoped(name), size: width, epsilon: tower.normEpsilon)
    }
    self.configuration = configuration
    device = parameters.device
    classTable = try embeddings.parameter("class_embedding", [.whole(width)], label: "embedding weights")
      .reshaped(to: [1, width])
    let kernel = [width, configuration.channelCount, square, square]
    patchWeight = try embeddings.scoped("patch_embedding")
      .parameter("weight", kernel.map(AxisShare.whole), label: "embedding weights")
      .reshaped(to: [width, configuration.channelCount * square * square])
    positions = try embeddings.scoped("position_embedding").parameter(
      "weight", [.whole(configuration.imagePositionCount), .whole(width)], label: "embedding weights")
    // So it is spelt in the checkpoints.
    firstNorm = try norm("pre_layrnorm")
    layers = try CLIPLayers(model, tower)
    lastNorm = try norm("post_layernorm")
    projection = try parameters.scoped("visual_projection").parameter(
      "weight", [.whole(configuration.projectionSize), .whole(width)], label: "projection weights")
  }

  /// Images `[batch, channels, height, width]` to embeddings `[batch, projection size]` of length 1.
  func callAsFunction(_ images: Tensor, progress: (Double) -> Void) async throws -> Tensor {
    let batch = images.shape[0]
    let squares = try images.patches(size: configuration.patchSize).linear(patchWeight)
    // Every image begins with the same row: that of the class.
    let first = try Tensor(Array(repeating: 0, count: batch), shape: [batch, 1], on: device, label: "class")
      .embedding(from: classTable)
    let embedded = try firstNorm(Tensor.concatenate([first, consume squares], axis: 1) + positions)
    let hidden = try await layers(consume embedded, isCausal: false, progress: progress)
    let pooled = try hidden.narrowed(axis: 1, to: 0..<1).reshaped(to: [batch, configuration.vision.hiddenSize])
    return try lastNorm(pooled).linear(projection).normalized()
  }
}
