import Inputs

/// What is asked of a language model: a batch of equally long prompts, and how many tokens to generate for each.
public struct LlamaWorkload: Hashable, Sendable {
  /// Sequences processed together.
  public let batchSize: Int
  /// Tokens of each prompt.
  public let promptLength: Int
  /// Tokens generated for each sequence; the first one comes out of the prompt's pass.
  public let generatedTokenCount: Int

  /// - Throws: when one of them is not positive.
  public init(batchSize: Int = 1, promptLength: Int, generatedTokenCount: Int) throws(WorkloadError) {
    let fields = [
      ("batch_size", batchSize), ("prompt_length", promptLength), ("generated_tokens", generatedTokenCount),
    ]
    for (field, value) in fields where value < 1 {
      throw WorkloadError(rule: "\(field) = \(value), it must be a positive integer")
    }
    self.batchSize = batchSize
    self.promptLength = promptLength
    self.generatedTokenCount = generatedTokenCount
  }

  /// Positions whose keys and values are computed: the last generated token is not fed back.
  public var cachedPositionCount: Int { promptLength + generatedTokenCount - 1 }

  func validate(for configuration: LlamaConfiguration) throws(WorkloadError) {
    let positions = promptLength + generatedTokenCount
    guard positions > configuration.maximumPositionCount else { return }
    throw WorkloadError(
      rule: "prompt_length + generated_tokens = \(promptLength) + \(generatedTokenCount) = \(positions), at most "
        + "max_position_embeddings = \(configuration.maximumPositionCount) in \(configuration.name)")
  }
}

/// A workload that makes no sense or that the model cannot take.
public struct WorkloadError: Error, CustomStringConvertible, Hashable, Sendable, UserFacingError {
  /// The value or equation at fault and what is allowed.
  public let rule: String

  /// An error that names what is allowed.
  public init(rule: String) { self.rule = rule }

  /// `workload: prompt_length = 0, it must be a positive integer`.
  public var description: String { "workload: \(rule)" }
}
