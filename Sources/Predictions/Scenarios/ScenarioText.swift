import Models
import Uniference

/// What the prompts of a scenario say, and the checkpoint that understands them.
public struct ScenarioText: Sendable {
  /// The model's parameters and tokenizer.
  public let checkpoint: LlamaCheckpoint
  /// One for each sequence of the batch.
  public let prompts: [String]
  /// The prompts' tokens, equally many of each.
  public let promptTokens: [[Int]]

  /// - Throws: ``WorkloadError`` when the prompts are not equally long.
  public init(checkpoint: LlamaCheckpoint, prompts: [String]) throws {
    self.checkpoint = checkpoint
    self.prompts = prompts
    promptTokens = prompts.map(checkpoint.promptTokens)
    for (index, tokens) in promptTokens.enumerated() where tokens.count != promptTokens[0].count {
      throw WorkloadError(
        rule: "prompt \(index) has \(tokens.count) tokens, prompt 0 has \(promptTokens[0].count); "
          + "those of a batch must be equally long")
    }
  }

  /// What a program computes with.
  public func input(keepsLogits: Bool = false) -> LlamaInput {
    LlamaInput(parameters: checkpoint, prompts: promptTokens, keepsLogits: keepsLogits)
  }
}
