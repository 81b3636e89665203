import Tensors

/// What a rank that chooses tokens has chosen, step after step.
struct ChosenTokens {
  /// When each step's last tokens were known.
  private(set) var instants: [Duration] = []
  /// Each sequence's tokens so far; empty where tensors have no values.
  private(set) var tokens: [[Int]]
  /// The first sequence's logits of each step, where they are to be kept.
  private(set) var logits: [[Float]] = []
  private let keepsLogits: Bool

  init(sequenceCount: Int, input: LlamaInput?) {
    tokens = Array(repeating: [], count: input == nil ? 0 : sequenceCount)
    keepsLogits = input?.keepsLogits ?? false
  }

  /// Notes the choice for some sequences and lets go of its logits.
  ///
  /// - Returns: the tokens `[sequences, 1]`.
  mutating func add(_ choice: consuming TokenChoice, sequences: Range<Int>) throws -> Tensor {
    choice.tokens.device?.noteRead()
    guard choice.tokens.hasValues else { return choice.tokens }
    for (sequence, token) in zip(sequences, try choice.tokens.integers()) { tokens[sequence].append(token) }
    if keepsLogits, sequences.lowerBound == 0 {
      logits.append(try choice.logits.narrowed(axis: 0, to: 0..<1).floats())
    }
    return choice.tokens
  }

  /// Notes that all sequences' tokens of one more step are known.
  mutating func stepEnded(at instant: Duration) { instants.append(instant) }
}

/// The next tokens and what they were chosen by.
struct TokenChoice {
  /// `[batch, 1]`.
  let tokens: Tensor
  /// `[batch, 1, vocabulary]`.
  let logits: Tensor
}
