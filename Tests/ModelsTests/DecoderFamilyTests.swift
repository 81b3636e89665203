import Communication
import Foundation
import Quantities
import Tensors
import Testing

@testable import Models

@Suite("Families of decoders")
struct DecoderFamilyTests {
  /// What the published `config.json` says of its size, and the number of parameters that Hugging Face counts.
  static let published: [(name: String, json: String, parameters: Int)] = [
    ("DeepSeek-R1-Distill-Llama-70B", fields("llama", 8192, 28672, 80, 64, 8, 128_256), 70_553_706_496),
    ("Yi-34B", fields("llama", 7168, 20480, 60, 56, 8, 64_000), 34_388_917_248),
    ("Falcon3-7B", fields("llama", 3072, 23040, 28, 12, 4, 131_072, #""head_dim": 256"#), 7_455_550_464),
    ("Mistral-7B-v0.3", fields("mistral", 4096, 14336, 32, 32, 8, 32_768), 7_248_023_552),
    ("Mistral-Nemo", fields("mistral", 5120, 14336, 40, 32, 8, 131_072, #""head_dim": 128"#), 12_247_782_400),
    (
      "Qwen2.5-0.5B", fields("qwen2", 896, 4864, 24, 14, 2, 151_936, #""tie_word_embeddings": true"#), 494_032_768
    ),
    ("Qwen2.5-7B", fields("qwen2", 3584, 18944, 28, 28, 4, 152_064), 7_615_616_512),
    ("Qwen3-8B", fields("qwen3", 4096, 12288, 36, 32, 8, 151_936, #""head_dim": 128"#), 8_190_735_360),
    (
      "Granite-3.1-8B", fields("granite", 4096, 12800, 40, 32, 8, 49_155, #""tie_word_embeddings": true"#),
      8_170_848_256
    ),
    ("Phi-3-mini-4k", fields("phi3", 3072, 8192, 32, 32, 32, 32_064, #""sliding_window": 2047"#), 3_821_079_552),
    ("OLMo-2-7B", fields("olmo2", 4096, 11008, 32, 32, 32, 100_352), 7_298_617_344),
    (
      "InternLM2-7B",
      fields("internlm2", 4096, 14336, 32, 32, 8, 92_544, #""rope_scaling": {"type": "dynamic", "factor": 2.0}"#),
      7_737_708_544
    ),
    ("SmolLM3-3B", fields("smollm3", 2048, 11008, 36, 16, 4, 128_256), 3_075_098_624),
    ("Gemma-2B", fields("gemma", 2048, 16384, 18, 8, 1, 256_000, act: "gelu"), 2_506_172_416),
    (
      "Gemma-2-2B",
      fields(
        "gemma2", 2304, 9216, 26, 8, 4, 256_000, #""final_logit_softcapping": 30.0, "sliding_window": 4096"#, act: gelu),
      2_614_341_888
    ),
    (
      "Gemma-3-1B", fields("gemma3_text", 1152, 6912, 26, 4, 1, 262_144, #""sliding_window": 512"#, act: gelu),
      999_885_952
    ),
    (
      "StarCoder2-7B", fields("starcoder2", 4608, 18432, 32, 36, 4, 49_152, #""sliding_window": 4096"#, act: gelu),
      7_173_923_840
    ),
    (
      "GPT-2",
      #"{"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_embd": 768, "n_layer": 12, "n_head": 12, "#
        + #""n_positions": 1024, "vocab_size": 50257, "activation_function": "gelu_new"}"#, 124_439_808
    ),
    (
      "BLOOM-560m",
      #"{"model_type": "bloom", "architectures": ["BloomForCausalLM"], "n_embed": 1024, "n_layer": 24, "#
        + #""num_attention_heads": 16, "vocab_size": 250880}"#, 559_214_592
    ),
  ]

  private static let gelu = "gelu_pytorch_tanh"

  private static func fields(
    _ type: String, _ hidden: Int, _ intermediate: Int, _ layers: Int, _ heads: Int, _ keyValueHeads: Int,
    _ vocabulary: Int, _ more: String = "", act: String = "silu"
  ) -> String {
    """
    {"model_type": "\(type)", "hidden_size": \(hidden), "intermediate_size": \(intermediate),
     "num_hidden_layers": \(layers), "num_attention_heads": \(heads), "num_key_value_heads": \(keyValueHeads),
     "vocab_size": \(vocabulary), "hidden_act": "\(act)", "max_position_embeddings": 32768,
     "torch_dtype": "bfloat16"\(more.isEmpty ? "" : ", \(more)")}
    """
  }

  private func configuration(_ json: String) throws -> LlamaConfiguration {
    try LlamaConfiguration(huggingFace: Data(json.utf8), file: "config.json")
  }

  @Test("have the parameters that are published", arguments: published)
  func parameters(name: String, json: String, count: Int) throws {
    #expect(try configuration(json).parameterCount == count, "\(name)")
  }

  /// Reference: the parameters that the model makes.
  @Test("make as many parameters as they count", arguments: published)
  func madeParameters(name: String, json: String, count: Int) throws {
    let source = CountingSource()
    let configuration = try configuration(json)
    let loader = ParameterLoader(
      device: ShapeDevice(accounting: FreeAccounting()), elementType: configuration.elementType, source: source)
    let share = TensorShare(whole: configuration)
    _ = try LlamaShard(
      loader, configuration, layers: 0..<configuration.layerCount, share: share,
      vocabularyCounts: [configuration.vocabularySize], group: nil)
    #expect(source.count == count, "\(name)")
  }

  @Test("see windows in the layers that have one")
  func windows() throws {
    func windows(_ type: String, _ more: String, layers: Int = 6, act: String = "silu") throws -> [Int?] {
      let configuration = try configuration(Self.fields(type, 64, 128, layers, 4, 4, 100, more, act: act))
      return (0..<layers).map { configuration.variant.traits(ofLayer: $0).window }
    }
    #expect(try windows("mistral", #""sliding_window": 8"#) == [8, 8, 8, 8, 8, 8])
    #expect(try windows("mistral", #""sliding_window": null"#) == Array(repeating: nil, count: 6))
    let off = #""sliding_window": 8, "use_sliding_window": false"#
    #expect(try windows("qwen2", off) == Array(repeating: nil, count: 6))
    let qwen = #""sliding_window": 8, "use_sliding_window": true, "max_window_layers": 4"#
    #expect(try windows("qwen2", qwen) == [nil, nil, nil, nil, 8, 8])
    #expect(try windows("gemma2", #""sliding_window": 8"#, act: Self.gelu) == [8, nil, 8, nil, 8, nil])
    #expect(try windows("gemma3_text", #""sliding_window": 8"#, act: Self.gelu) == [8, 8, 8, 8, 8, nil])
    let kinds = #""sliding_window": 8, "layer_types": ["full_attention", "sliding_attention"]"#
    #expect(try windows("qwen3", kinds, layers: 2) == [nil, 8])
    #expect(throws: ConfigurationError.self) { try windows("qwen3", kinds, layers: 3) }
  }

  @Test("every fourth layer of SmolLM3 has no positions")
  func layersWithoutPositions() throws {
    let every = try configuration(Self.fields("smollm3", 64, 128, 8, 4, 4, 100))
    let rotary = (0..<8).map { every.variant.traits(ofLayer: $0).isRotary }
    #expect(rotary == [true, true, true, false, true, true, true, false])
    let listed = try configuration(Self.fields("smollm3", 64, 128, 3, 4, 4, 100, #""no_rope_layers": [0, 1, 1]"#))
    #expect((0..<3).map { listed.variant.traits(ofLayer: $0).isRotary } == [false, true, true])
  }

  @Test(
    "of other kinds are refused by name",
    arguments: [
      (#"{"model_type": "mixtral", "num_local_experts": 8}"#, #"model_type = "mixtral": is a mixture of experts; "#),
      (#"{"model_type": "some_new_moe"}"#, #"model_type = "some_new_moe": is a mixture of experts; "#),
      (#"{"model_type": "llama", "num_local_experts": 8}"#, "num_local_experts = 8: is of a mixture of experts; "),
      (#"{"model_type": "t5"}"#, #"model_type = "t5": is an encoder and a decoder; "#),
      (#"{"model_type": "mamba"}"#, #"model_type = "mamba": is a state space model; "#),
      (#"{"model_type": "roberta"}"#, #"model_type = "roberta": is an encoder of another kind; "#),
      (#"{"model_type": "siglip"}"#, #"model_type = "siglip": is a model of two towers other than CLIP; "#),
      (#"{"model_type": "gemma3"}"#, #"model_type = "gemma3": is a model of images and text; "#),
      (#"{"model_type": "opt"}"#, #"model_type = "opt": is a decoder with learned or other positions; "#),
      (#"{"model_type": "never-heard-of"}"#, #"model_type = "never-heard-of": is a model of another kind; "#),
    ])
  func refusals(json: String, message: String) throws {
    let error = try #require(throws: ConfigurationError.self) { try configuration(json) }
    #expect(error.description.hasPrefix("config.json: \(message)"), "\(error)")
    #expect(error.description.hasSuffix("uniference run, Documentation/pytorch.md)"))
  }

  @Test("that normalize whole projections are not divided by heads")
  func projectionNorms() throws {
    let olmo = try configuration(Self.fields("olmo2", 64, 128, 2, 4, 4, 100))
    let workload = try LlamaWorkload(promptLength: 4, generatedTokenCount: 2)
    let error = try #require(throws: StrategyError.self) {
      try LlamaPlan(configuration: olmo, strategy: .tensor(2), workload: workload, speeds: [1, 1])
    }
    #expect(error.rule == "tensor = 2, must be 1: queries and keys are normalized over all heads at once; use 1")
    let candidates = ParallelStrategy.candidates(deviceCount: 2, configuration: olmo)
    #expect(candidates.map(\.description) == ["single", "pipeline=2", "sequence=2", "sequence=2,overlap"])
  }
}

/// Adds up the parameters that it is asked for.
///
/// Sendable without checks because a test makes its model on one thread.
private final class CountingSource: ParameterSource, @unchecked Sendable {
  private(set) var count = 0

  func fill(_ tensor: Tensor, with part: ParameterPart) {}

  func check(_ part: ParameterPart) { count += part.shape.reduce(1, *) }
}

/// Accounts of a device without end.
private final class FreeAccounting: DeviceAccounting {
  var measuresKernels: Bool { false }

  func charge(_ operation: OperationRecord, kernelTime: Duration?) {}

  func allocate(byteCount: Int, label: StaticString) {}

  func release(byteCount: Int, label: StaticString) {}
}
