/// What a Llama needs beyond its shapes where tensors have values: parameters, and what the prompts say.
public struct LlamaInput: Sendable {
  /// The model's parameters, by their names in Hugging Face's checkpoints.
  public let parameters: any ParameterSource
  /// Token ids of each sequence's prompt, all of them equally long.
  public let prompts: [[Int]]
  /// Whether ranks that choose tokens keep the logits that they chose the first sequence's by.
  public let keepsLogits: Bool

  /// An input; ``LlamaProgram`` checks that it fits workload and model.
  public init(parameters: any ParameterSource, prompts: [[Int]], keepsLogits: Bool = false) {
    self.parameters = parameters
    self.prompts = prompts
    self.keepsLogits = keepsLogits
  }

  func validate(for configuration: LlamaConfiguration, _ workload: LlamaWorkload) throws(WorkloadError) {
    guard prompts.count == workload.batchSize else {
      throw WorkloadError(rule: "batch_size = \(workload.batchSize), but there are \(prompts.count) prompts")
    }
    for (index, prompt) in prompts.enumerated() {
      guard prompt.count == workload.promptLength else {
        throw WorkloadError(
          rule: "prompt_length = \(workload.promptLength), but prompt \(index) has \(prompt.count) tokens")
      }
      if let token = prompt.first(where: { !(0..<configuration.vocabularySize).contains($0) }) {
        throw WorkloadError(
          rule: "prompt \(index) has token \(token), it must be in 0..<\(configuration.vocabularySize), "
            + "the vocabulary of \(configuration.name)")
      }
    }
  }
}
