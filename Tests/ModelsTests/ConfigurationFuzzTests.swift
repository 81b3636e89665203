import Foundation
import TestSupport
import Testing

@testable import Models

@Suite("Model configurations of any content")
struct ConfigurationFuzzTests {
  @Test("of decoders give a model that can be planned, or one line that says what is wrong")
  func decoders() throws {
    let trees = try DecoderFamilyTests.published.map { try DocumentTree(json: $0.json) }
    for seed in Mutations.rounds(1500) {
      var mutator = DocumentMutator(seed: seed)
      let json = mutator.mutated(trees[Int(seed % UInt64(trees.count))]).json
      do throws(ConfigurationError) {
        let model = try LlamaConfiguration(huggingFace: Data(json.utf8), file: "config.json")
        #expect(model.parameterCount > 0, "seed \(seed): \(json)")
        #expect(model.keyValueCacheByteCount(positionCount: .max, batchSize: 1000) > 0, "seed \(seed)")
        plan(model)
      } catch {
        expectOneLine(error, seed)
      }
    }
  }

  /// Plans whatever suits the model; what does not is refused.
  private func plan(_ model: LlamaConfiguration) {
    guard let workload = try? LlamaWorkload(batchSize: 2, promptLength: 4, generatedTokenCount: 2) else { return }
    for strategy in ParallelStrategy.candidates(deviceCount: 4, configuration: model, batchSize: 2) {
      _ = try? LlamaProgram(configuration: model, strategy: strategy, workload: workload, speeds: [1, 2, 3, 1e-12])
    }
  }

  private static let bert = """
    {"model_type": "bert", "hidden_size": 384, "intermediate_size": 1536, "num_hidden_layers": 6,
     "num_attention_heads": 12, "vocab_size": 30522, "max_position_embeddings": 512, "type_vocab_size": 2,
     "layer_norm_eps": 1e-12, "hidden_act": "gelu", "position_embedding_type": "absolute", "pad_token_id": 0}
    """
  private static let clip = """
    {"model_type": "clip", "projection_dim": 512, "torch_dtype": "float32",
     "text_config": {"vocab_size": 49408, "hidden_size": 512, "intermediate_size": 2048, "num_hidden_layers": 12,
      "num_attention_heads": 8, "max_position_embeddings": 77, "hidden_act": "quick_gelu", "eos_token_id": 2},
     "vision_config": {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12,
      "num_attention_heads": 12, "image_size": 224, "patch_size": 32, "num_channels": 3, "hidden_act": "quick_gelu"}}
    """

  @Test("of encoders give a model, or one line that says what is wrong")
  func encoders() throws {
    let (bert, clip) = (try DocumentTree(json: Self.bert), try DocumentTree(json: Self.clip))
    for seed in Mutations.rounds(1500) {
      var mutator = DocumentMutator(seed: seed)
      let data = Data(mutator.mutated(seed % 2 == 0 ? bert : clip).json.utf8)
      do throws(ConfigurationError) {
        let count =
          seed % 2 == 0
          ? try BertConfiguration(huggingFace: data, file: "config.json").parameterCount
          : try CLIPConfiguration(huggingFace: data, file: "config.json").parameterCount
        #expect(count > 0 && count.multipliedReportingOverflow(by: 8).overflow == false, "seed \(seed)")
      } catch {
        expectOneLine(error, seed)
      }
    }
  }

  private func expectOneLine(_ error: ConfigurationError, _ seed: UInt64) {
    let text = error.description
    #expect(text.hasPrefix("config.json: ") && !text.contains("\n") && text.count < 1000, "seed \(seed): \(text)")
  }

  @Test("of the largest figures allowed have sizes that can be counted")
  func largest() throws {
    let model = try LlamaConfiguration(
      name: "largest", hiddenSize: 1 << 18, intermediateSize: 1 << 20, layerCount: 1 << 10, headCount: 1 << 14,
      headSize: 1 << 14, vocabularySize: 1 << 24, maximumPositionCount: 1 << 31)
    #expect(model.parameterCount.multipliedReportingOverflow(by: 8).overflow == false)
    #expect(model.keyValueCacheByteCount(positionCount: 1 << 31, batchSize: 10_000_000) == .max)
  }
}
