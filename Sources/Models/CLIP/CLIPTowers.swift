import Tensors

/// The towers that one device holds, and the scale of similarities, which every device has.
struct CLIPTowers: Sendable {
  /// Which towers.
  enum Part: Hashable, Sendable {
    case vision, text, both
  }

  let vision: VisionTower?
  let text: TextTower?
  private let scale: Tensor

  /// Makes the parameters, named as in Hugging Face's checkpoints.
  init(_ parameters: ParameterLoader, _ configuration: CLIPConfiguration, _ part: Part) throws {
    scale = try parameters.parameter("logit_scale", [], label: "projection weights")
    vision = part == .text ? nil : try VisionTower(parameters, configuration)
    text = part == .vision ? nil : try TextTower(parameters, configuration)
  }

  /// How alike images and texts are, `[images, texts]`: the products of their embeddings, times the scale that the model
  /// has learnt.
  func similarity(_ images: Tensor, _ texts: Tensor) throws -> Tensor {
    try images.linear(texts) * scale.exponential()
  }
}
