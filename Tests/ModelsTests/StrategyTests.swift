import Testing

@testable import Models

@Suite("Strategies")
struct StrategyTests {
  @Test("Text forms and what they mean")
  func forms() throws {
    let forms: [(String, ParallelStrategy)] = [
      ("single", .single), ("tensor=4", .tensor(4)), ("pipeline=4", .pipeline(4)),
      ("pipeline=4,microbatches=2", .pipeline(4, microbatches: 2)),
      ("tensor=2,pipeline=3", .grid(tensor: 2, pipeline: 3, microbatches: 1)),
      ("tensor=2,pipeline=3,microbatches=5", .grid(tensor: 2, pipeline: 3, microbatches: 5)),
      ("sequence=4", .sequence(degree: 4, overlapped: false)),
      ("sequence=4,overlap", .sequence(degree: 4, overlapped: true)), ("towers", .towers),
    ]
    for (text, strategy) in forms {
      #expect(try ParallelStrategy(parsing: text) == strategy)
      #expect(strategy.description == text)
    }
    #expect(try ParallelStrategy(parsing: " pipeline = 2 , tensor = 4 ").description == "tensor=4,pipeline=2")
    #expect(try ParallelStrategy(parsing: "tensor=1") == .single)
    let alone = ParallelStrategy.grid(tensor: 1, pipeline: 1, microbatches: 2)
    #expect(try ParallelStrategy(parsing: alone.description) == alone)
    #expect(ParallelStrategy.grid(tensor: 2, pipeline: 3, microbatches: 1).deviceCount == 6)
  }

  @Test(
    "What cannot be understood",
    arguments: [
      ("tensr=4", "\"tensr\" is unknown; allowed: \(ParallelStrategy.allowedForms)"),
      ("", "\"\" is unknown; allowed: \(ParallelStrategy.allowedForms)"),
      ("tensor=0", "tensor = \"0\" must be a positive integer"),
      ("tensor=four", "tensor = \"four\" must be a positive integer"),
      ("tensor=2,tensor=4", "\"tensor\" is given twice"),
      ("sequence=2,tensor=2", "these parts do not go together; allowed: \(ParallelStrategy.allowedForms)"),
      ("tensor=2,microbatches=2", "these parts do not go together; allowed: \(ParallelStrategy.allowedForms)"),
      ("overlap", "these parts do not go together; allowed: \(ParallelStrategy.allowedForms)"),
    ])
  func parseErrors(text: String, rule: String) {
    #expect(throws: StrategyError(text, rule)) { try ParallelStrategy(parsing: text) }
    #expect(StrategyError(text, rule).description == "strategy \(text): \(rule)")
  }

  private func refusal(
    _ strategy: ParallelStrategy, devices: Int, of configuration: LlamaConfiguration, batchSize: Int = 1
  ) throws -> String {
    let workload = try LlamaWorkload(batchSize: batchSize, promptLength: 8, generatedTokenCount: 2)
    do {
      _ = try LlamaProgram(
        configuration: configuration, strategy: strategy, workload: workload,
        speeds: Array(repeating: 1, count: devices))
      return "accepted"
    } catch {
      return "\(error)"
    }
  }

  @Test("What does not fit is refused with its equation")
  func equations() throws {
    let llama = try #require(LlamaConfiguration.preset("llama-3.1-8b"))
    #expect(
      try refusal(.tensor(3), devices: 4, of: llama)
        == "strategy tensor=3: num_attention_heads % tensor = 32 % 3 = 2, must be 0; use 1, 2, 4, 8, 16, 32")
    #expect(
      try refusal(.tensor(6), devices: 6, of: tinyConfiguration(heads: 12, keyValueHeads: 4))
        == "strategy tensor=6: tensor % num_key_value_heads = 6 % 4 = 2, must be 0; use 1, 2, 3, 4, 12")
    #expect(
      try refusal(.pipeline(33), devices: 40, of: llama)
        == "strategy pipeline=33: pipeline = 33 > num_hidden_layers = 32, each stage needs a layer; use 1 to 32")
    #expect(
      try refusal(.pipeline(4, microbatches: 3), devices: 4, of: llama, batchSize: 2)
        == "strategy pipeline=4,microbatches=3: microbatches = 3 > batch_size = 2, each needs a sequence; use 1 to 2")
    #expect(
      try refusal(.sequence(degree: 9, overlapped: false), devices: 9, of: llama)
        == "strategy sequence=9: sequence = 9 > prompt_length = 8, each device needs a position; use 1 to 8")
    #expect(
      try refusal(.tensor(8), devices: 4, of: llama) == "strategy tensor=8: needs 8 devices, the cluster has 4")
    #expect(
      try refusal(.sequence(degree: 0, overlapped: false), devices: 4, of: llama)
        == "strategy sequence=0: sequence = 0 must be a positive integer")
    #expect(try refusal(.tensor(16), devices: 16, of: llama) == "accepted")
    #expect(
      try refusal(.single, devices: 1, of: tinyConfiguration(), batchSize: 1) == "accepted")
  }

  @Test("Workloads that make no sense or are too long")
  func workloads() throws {
    #expect(throws: WorkloadError(rule: "prompt_length = 0, it must be a positive integer")) {
      try LlamaWorkload(promptLength: 0, generatedTokenCount: 1)
    }
    let workload = try LlamaWorkload(promptLength: 4000, generatedTokenCount: 200)
    let llama = try #require(LlamaConfiguration.preset("llama-2-7b"))
    let rule =
      "prompt_length + generated_tokens = 4000 + 200 = 4200, at most max_position_embeddings = 4096 in llama-2-7b"
    #expect(throws: WorkloadError(rule: rule)) {
      try LlamaProgram(configuration: llama, strategy: .single, workload: workload, speeds: [1])
    }
  }

  @Test("candidates")
  func candidates() throws {
    let llama = try #require(LlamaConfiguration.preset("llama-3.1-8b"))
    func texts(_ devices: Int, batchSize: Int = 1) -> [String] {
      ParallelStrategy.candidates(deviceCount: devices, configuration: llama, batchSize: batchSize).map(\.description)
    }
    #expect(texts(1) == ["single"])
    #expect(
      texts(4) == ["single", "tensor=4", "pipeline=4", "tensor=2,pipeline=2", "sequence=4", "sequence=4,overlap"])
    #expect(texts(3) == ["single", "tensor=2", "pipeline=3", "sequence=3", "sequence=3,overlap"])
    #expect(texts(2, batchSize: 4).contains("pipeline=2,microbatches=2"))
  }
}
