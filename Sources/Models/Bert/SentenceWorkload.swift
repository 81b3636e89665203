/// What is asked of a sentence encoder: the embeddings of a batch of texts.
public struct SentenceWorkload: Hashable, Sendable {
  /// Texts encoded together.
  public let batchSize: Int
  /// Tokens of the longest text, which the others are padded to.
  public let length: Int
  /// Whether some texts are shorter.
  public let hasPadding: Bool

  /// - Throws: when a number is not positive.
  public init(batchSize: Int = 1, length: Int, hasPadding: Bool = false) throws(WorkloadError) {
    for (field, value) in [("batch_size", batchSize), ("length", length)] where value < 1 {
      throw WorkloadError(rule: "\(field) = \(value), it must be a positive integer")
    }
    self.batchSize = batchSize
    self.length = length
    self.hasPadding = hasPadding
  }

  /// The workload of these texts.
  public init(texts: [[Int]]) throws(WorkloadError) {
    let longest = texts.map(\.count).max() ?? 0
    try self.init(
      batchSize: texts.count, length: longest, hasPadding: texts.contains { $0.count < longest })
  }

  func validate(for configuration: BertConfiguration) throws(WorkloadError) {
    guard length > configuration.maximumPositionCount else { return }
    throw WorkloadError(
      rule: "length = \(length), at most max_position_embeddings = \(configuration.maximumPositionCount) in "
        + configuration.name)
  }
}

/// What a sentence encoder needs beyond its shapes where tensors have values.
public struct SentenceInput: Sendable {
  /// The model's parameters, by their names in Hugging Face's checkpoints.
  public let parameters: any ParameterSource
  /// Token ids of each text, special ones included.
  public let texts: [[Int]]

  /// An input; ``SentenceProgram`` checks that it fits workload and model.
  public init(parameters: any ParameterSource, texts: [[Int]]) {
    self.parameters = parameters
    self.texts = texts
  }

  func validate(for configuration: BertConfiguration, _ workload: SentenceWorkload) throws(WorkloadError) {
    guard try SentenceWorkload(texts: texts) == workload else {
      throw WorkloadError(
        rule: "batch_size = \(workload.batchSize) and length = \(workload.length), but there are \(texts.count) texts "
          + "of \(texts.map { "\($0.count)" }.joined(separator: ", ")) tokens")
    }
    for (index, text) in texts.enumerated() {
      guard !text.isEmpty else { throw WorkloadError(rule: "text \(index) is empty, it must have a token") }
      if let token = text.first(where: { !(0..<configuration.vocabularySize).contains($0) }) {
        throw WorkloadError(
          rule: "text \(index) has token \(token), it must be in 0..<\(configuration.vocabularySize), "
            + "the vocabulary of \(configuration.name)")
      }
    }
  }
}
