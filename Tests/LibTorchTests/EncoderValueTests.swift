import Foundation
import LibTorch
import Models
import Synchronization
import Testing
import Uniference

/// Small encoders of random parameters on simulated clusters.
extension TorchTests {
  @Suite("Encoders with values")
  struct EncoderValueTests {
    static let texts = [[3, 14, 15, 9, 26, 5, 35], [2, 7, 18], [28, 18, 28, 45, 9]]

    @Test(
      "Every strategy gives the embeddings of one device",
      arguments: ["tensor=2", "tensor=3", "sequence=2", "sequence=3", "sequence=3,overlap", "sequence=7"])
    func sameEmbeddings(strategy: String) throws {
      let expected = try #require(try sentences("single", values: true).embeddings.first)
      let found = try sentences(strategy, values: true)
      // All devices of a strategy know all embeddings.
      #expect(found.embeddings.count == found.ranks)
      for embeddings in found.embeddings { #expect(difference(embeddings, expected) < 1e-5) }
      for row in expected { #expect(abs(row.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5) }
    }

    @Test("A text's embedding does not depend on the texts it is padded to")
    func paddingIsNotSeen() throws {
      let together = try #require(try sentences("single", values: true).embeddings.first)
      for (index, text) in Self.texts.enumerated() {
        let alone = try #require(try sentences("single", values: true, texts: [text]).embeddings.first)
        #expect(difference([together[index]], alone) < 1e-5)
      }
    }

    @Test(
      "A sentence encoder with values does and costs what its shapes do",
      arguments: ["single", "tensor=3", "sequence=3", "sequence=3,overlap"])
    func sameSentenceRun(strategy: String) throws {
      let (values, shapes) = (try sentences(strategy, values: true), try sentences(strategy, values: false))
      try expectSameRuns(values.run, shapes.run)
    }

    @Test("Two towers on two devices say what they say on one")
    func towers() throws {
      let one = try clip("single", values: true)
      let two = try clip("towers", values: true)
      let expected = try #require(one.outcomes.first)
      #expect(expected.similarity.map(\.count) == [3, 3])
      #expect(two.outcomes.count == 2)
      for outcome in two.outcomes {
        #expect(difference(outcome.similarity, expected.similarity) < 1e-4)
        for kind in ["image", "text"] {
          #expect(
            difference(try #require(outcome.embeddings[kind]), try #require(expected.embeddings[kind])) < 1e-5)
        }
      }
      // Each device sends its embeddings once: 8 values for each of two images and three texts.
      #expect(two.run.report.bytes_sent == 4 * 8 * (2 + 3))
    }

    @Test("Two towers with values do and cost what their shapes do", arguments: ["single", "towers"])
    func sameTowersRun(strategy: String) throws {
      try expectSameRuns(clip(strategy, values: true).run, clip(strategy, values: false).run)
    }

    @Test("Inputs that do not fit are refused with the numbers")
    func badInputs() throws {
      for (text, problem) in [([1, 2, 70], "text 0 has token 70"), ([], "length = 0, it must be a positive integer")] {
        let error = #expect(throws: WorkloadError.self) { try sentences("single", values: true, texts: [text]) }
        #expect(error?.description.contains(problem) == true)
      }
      for strategy in ["pipeline=2", "towers"] {
        #expect(throws: StrategyError.self) { try sentences(strategy, values: false) }
      }
      #expect(throws: StrategyError.self) { try clip("tensor=2", values: false) }
      let unending = #expect(throws: WorkloadError.self) { try clip("single", values: true, texts: [[1, 2, 3]]) }
      #expect(unending?.description.contains("text 0 has no end-of-text token, 31") == true)
    }

    private func difference(_ one: [[Float]], _ other: [[Float]]) -> Float {
      guard one.map(\.count) == other.map(\.count) else { return .infinity }
      return zip(one.joined(), other.joined()).map { abs($0 - $1) }.max() ?? .infinity
    }

    private func sentences(
      _ strategy: String, values: Bool, texts: [[Int]] = EncoderValueTests.texts
    ) throws -> (embeddings: [[[Float]]], ranks: Int, run: AccountedRun) {
      let configuration = try BertConfiguration(
        huggingFace: Data(
          """
          {"model_type": "bert", "hidden_size": 24, "intermediate_size": 50, "num_hidden_layers": 3, "vocab_size": 64,
           "num_attention_heads": 6, "max_position_embeddings": 16, "hidden_act": "gelu"}
          """.utf8), file: "random")
      let parsed = try ParallelStrategy(parsing: strategy)
      let input = SentenceInput(parameters: SeededParameters(seed: 7), texts: texts)
      let program = try SentenceProgram(
        configuration: configuration, strategy: parsed, workload: SentenceWorkload(texts: texts),
        speeds: Array(repeating: 1, count: parsed.deviceCount), input: values ? input : nil)
      let (outcomes, run) = try AccountedRun.of(parsed.deviceCount, values: values) { try await program.run(in: $0) }
      return (outcomes.compactMap { $0.embeddings["sentence"] }, parsed.deviceCount, run)
    }

    private func clip(
      _ strategy: String, values: Bool, texts: [[Int]] = [[3, 1, 4, 31, 0], [31, 2, 2, 2, 2], [1, 5, 9, 2, 31]]
    ) throws -> (outcomes: [EncodingOutcome], run: AccountedRun) {
      let configuration = try CLIPConfiguration(
        huggingFace: Data(
          """
          {"model_type": "clip", "projection_dim": 8,
           "text_config": {"hidden_size": 12, "intermediate_size": 20, "num_hidden_layers": 2, "vocab_size": 32,
             "num_attention_heads": 3, "max_position_embeddings": 6},
           "vision_config": {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "image_size": 8,
             "num_attention_heads": 4, "patch_size": 4}}
          """.utf8), file: "random")
      let parsed = try ParallelStrategy(parsing: strategy)
      let pixels: [Float] = (0..<384).map { index in Float(index * 37 % 101) / 50 - 1 }
      let input = CLIPInput(parameters: SeededParameters(seed: 3), pixels: pixels, texts: texts)
      let program = try CLIPProgram(
        configuration: configuration, strategy: parsed,
        workload: CLIPWorkload(imageCount: 2, textCount: texts.count, textLength: texts[0].count),
        deviceCount: parsed.deviceCount, input: values ? input : nil)
      return try AccountedRun.of(parsed.deviceCount, values: values) { try await program.run(in: $0) }
    }
  }
}
