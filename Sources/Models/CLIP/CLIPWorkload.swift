/// What is asked of a model of two towers: the embeddings of some images and some texts, and how alike they are.
public struct CLIPWorkload: Hashable, Sendable {
  /// Number of images.
  public let imageCount: Int
  /// Number of texts.
  public let textCount: Int
  /// Tokens of each text.
  public let textLength: Int

  /// - Throws: when a number is not positive.
  public init(imageCount: Int = 1, textCount: Int = 1, textLength: Int) throws(WorkloadError) {
    for (field, value) in [("images", imageCount), ("texts", textCount), ("length", textLength)] where value < 1 {
      throw WorkloadError(rule: "\(field) = \(value), it must be a positive integer")
    }
    self.imageCount = imageCount
    self.textCount = textCount
    self.textLength = textLength
  }

  func validate(for configuration: CLIPConfiguration) throws(WorkloadError) {
    guard textLength > configuration.maximumTextLength else { return }
    throw WorkloadError(
      rule: "length = \(textLength), at most max_position_embeddings = \(configuration.maximumTextLength) in "
        + configuration.name)
  }
}

/// What a model of two towers needs beyond its shapes where tensors have values.
public struct CLIPInput: Sendable {
  /// The model's parameters, by their names in Hugging Face's checkpoints.
  public let parameters: any ParameterSource
  /// All images' pixels, prepared as the model expects them, in the order image, channel, row, column.
  public let pixels: [Float]
  /// Token ids of each text, all of them equally long.
  public let texts: [[Int]]

  /// An input; ``CLIPProgram`` checks that it fits workload and model.
  public init(parameters: any ParameterSource, pixels: [Float], texts: [[Int]]) {
    self.parameters = parameters
    self.pixels = pixels
    self.texts = texts
  }

  func validate(for configuration: CLIPConfiguration, _ workload: CLIPWorkload) throws(WorkloadError) {
    let image = configuration.channelCount * configuration.imageSize * configuration.imageSize
    guard pixels.count == workload.imageCount * image else {
      throw WorkloadError(
        rule: "images = \(workload.imageCount) of \(image) values, but there are \(pixels.count) values")
    }
    guard texts.count == workload.textCount else {
      throw WorkloadError(rule: "texts = \(workload.textCount), but there are \(texts.count) texts")
    }
    for (index, text) in texts.enumerated() {
      guard text.count == workload.textLength else {
        throw WorkloadError(rule: "length = \(workload.textLength), but text \(index) has \(text.count) tokens")
      }
      if let token = text.first(where: { !(0..<configuration.vocabularySize).contains($0) }) {
        throw WorkloadError(
          rule: "text \(index) has token \(token), it must be in 0..<\(configuration.vocabularySize), "
            + "the vocabulary of \(configuration.name)")
      }
      guard text.contains(configuration.endOfTextToken) else {
        throw WorkloadError(
          rule: "text \(index) has no end-of-text token, \(configuration.endOfTextToken) in \(configuration.name)")
      }
    }
  }
}
