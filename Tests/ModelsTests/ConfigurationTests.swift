import Foundation
import Quantities
import Tensors
import Testing

@testable import Models

@Suite("Llama configurations")
struct ConfigurationTests {
  @Test(
    "Published parameter counts",
    arguments: [
      ("llama-3.1-8b", 8_030_261_248), ("llama-3.1-70b", 70_553_706_496), ("llama-3.1-405b", 405_853_388_800),
      ("llama-3.2-1b", 1_235_814_400), ("llama-3.2-3b", 3_212_749_824), ("llama-2-7b", 6_738_415_616),
      ("llama-2-13b", 13_015_864_320), ("llama-2-70b", 68_976_648_192), ("tinyllama-1.1b", 1_100_048_384),
      ("llama-3-8b", 8_030_261_248), ("llama-3-70b", 70_553_706_496), ("llama-7b", 6_738_415_616),
      ("llama-13b", 13_015_864_320), ("llama-30b", 32_528_943_616), ("llama-65b", 65_285_660_672),
      ("qwen2.5-0.5b", 494_032_768), ("qwen2.5-1.5b", 1_543_714_304), ("qwen2.5-3b", 3_085_938_688),
      ("qwen2.5-7b", 7_615_616_512), ("qwen2.5-14b", 14_770_033_664), ("qwen2.5-32b", 32_763_876_352),
      ("qwen2.5-72b", 72_706_203_648), ("qwen3-0.6b", 596_049_920), ("qwen3-1.7b", 1_720_574_976),
      ("qwen3-4b", 4_022_468_096), ("qwen3-8b", 8_190_735_360), ("qwen3-14b", 14_768_307_200),
      ("qwen3-32b", 32_762_123_264), ("mistral-7b-v0.1", 7_241_732_096), ("mistral-7b-v0.3", 7_248_023_552),
      ("mistral-nemo-12b", 12_247_782_400), ("mistral-small-24b", 23_572_403_200), ("phi-3-mini", 3_821_079_552),
      ("phi-3-medium", 13_960_238_080), ("phi-4", 14_659_507_200), ("gpt2", 124_439_808),
      ("gpt2-medium", 354_823_168), ("gpt2-large", 774_030_080), ("gpt2-xl", 1_557_611_200),
      ("bloom-560m", 559_214_592), ("bloom-1b1", 1_065_314_304), ("bloom-1b7", 1_722_408_960),
      ("bloom-3b", 3_002_557_440), ("bloom-7b1", 7_069_016_064), ("bloom", 176_247_271_424),
      ("smollm2-135m", 134_515_008), ("smollm2-360m", 361_821_120), ("smollm2-1.7b", 1_711_376_384),
    ])
  func parameterCounts(id: String, count: Int) throws {
    #expect(try #require(LlamaConfiguration.preset(id)).parameterCount == count)
  }

  @Test("presets are consistent")
  func presetsAreConsistent() throws {
    #expect(Set(LlamaConfiguration.presets.map(\.id)).count == LlamaConfiguration.presets.count)
    for preset in LlamaConfiguration.presets {
      try preset.configuration.validate(derivesHeadSize: false)
      #expect(preset.source.hasPrefix("https://"))
    }
    #expect(LlamaConfiguration.preset("llama-9") == nil)
  }

  @Test("key value cache bytes")
  func keyValueCacheBytes() throws {
    let llama = try #require(LlamaConfiguration.preset("llama-3.1-8b"))
    // 32 layers of 8 key and 8 value heads of 128 two-byte elements: 128 KiB a position.
    #expect(llama.keyValueCacheByteCount(positionCount: 1) == 131_072)
    #expect(llama.keyValueCacheByteCount(positionCount: 1000, batchSize: 3) == 3_000 * 131_072)
  }

  private static let llama = """
    {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 4096, "hidden_act": "silu",
     "intermediate_size": 14336, "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8,
     "vocab_size": 128256, "max_position_embeddings": 131072, "rms_norm_eps": 1e-05, "rope_theta": 500000.0,
     "rope_scaling": {"factor": 8.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0,
     "original_max_position_embeddings": 8192, "rope_type": "llama3"}, "tie_word_embeddings": false,
     "attention_bias": false, "mlp_bias": false, "torch_dtype": "bfloat16", "bos_token_id": [1, 2]}
    """

  private static let alternative =
    "run the model's own PyTorch code instead (uniference run, Documentation/pytorch.md)"
  private static let supported =
    "predicted from their configuration are llama, mistral, qwen2, qwen3, granite, phi3, olmo2, internlm2, smollm3, gemma, "
    + "gemma2, gemma3_text, starcoder2, gpt2, bloom, bert and clip; \(alternative)"

  private func parse(_ json: String) throws -> LlamaConfiguration {
    try LlamaConfiguration(huggingFace: Data(json.utf8), file: "config.json")
  }

  @Test("reads Llama's")
  func readsLlama() throws {
    let parsed = try parse(Self.llama)
    let preset = try #require(LlamaConfiguration.preset("llama-3.1-8b"))
    #expect(parsed.parameterCount == preset.parameterCount)
    #expect(parsed.rotary == preset.rotary)
    #expect(parsed.headSize == 128)
    #expect(parsed.normEpsilon == 1e-5)
    #expect(parsed.maximumPositionCount == 131_072)
    #expect(parsed.elementType == .bfloat16)
    #expect(parsed.name == "config.json")
  }

  @Test("Qwen2 has biases on queries, keys and values only")
  func readsQwen2() throws {
    let parsed = try parse(
      """
      {"model_type": "qwen2", "hidden_size": 896, "intermediate_size": 4864, "num_hidden_layers": 24,
       "num_attention_heads": 14, "num_key_value_heads": 2, "vocab_size": 151936, "tie_word_embeddings": true,
       "sliding_window": 32768, "use_sliding_window": false, "max_position_embeddings": 32768}
      """)
    #expect(parsed.parameterCount == 494_032_768)
    #expect(parsed.elementType == .float32)
  }

  @Test("reads RoPE parameters")
  func readsRopeParameters() throws {
    let json = """
      {"model_type": "mistral", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "dtype": "float16",
       "num_attention_heads": 4, "vocab_size": 100, "sliding_window": null,
       "rope_parameters": {"rope_theta": 1000000.0, "rope_type": "default"}}
      """
    let parsed = try parse(json)
    #expect(parsed.rotary == RotaryEmbedding(base: 1_000_000))
    #expect(parsed.keyValueHeadCount == 4)
    #expect(parsed.elementType == .float16)
    let linear = json.replacingOccurrences(of: "\"default\"", with: "\"linear\", \"factor\": 4")
    #expect(try parse(linear).rotary.scaling == .linear(factor: 4))
  }

  @Test(
    "Errors name file, field, value and what is allowed",
    arguments: [
      (
        "\"model_type\": \"llama\"", "\"model_type\": \"bert\"",
        "model_type = \"bert\": is a model of another kind; \(supported)"
      ),
      (
        "LlamaForCausalLM", "LlamaForSequenceClassification",
        "architectures = [\"LlamaForSequenceClassification\"]: is not a language model; "
          + "it must be one whose name ends in ForCausalLM"
      ),
      (
        "[\"LlamaForCausalLM\"], \"model_type\": \"llama\"", "[\"OPTModel\"]",
        "architectures = [\"OPTModel\"]: is a model of another kind; \(supported)"
      ),
      ("\"hidden_size\": 4096, ", "", "hidden_size is missing: it must be a positive integer"),
      ("\"hidden_size\": 4096", "\"hidden_size\": \"4096\"", "hidden_size = \"4096\": it must be a positive integer"),
      ("\"vocab_size\": 128256", "\"vocab_size\": 0", "vocab_size = 0: it must be a positive integer"),
      (
        "\"num_attention_heads\": 32", "\"num_attention_heads\": 33",
        "num_attention_heads = 33: hidden_size % num_attention_heads = 4096 % 33 = 4, "
          + "must be 0 unless head_dim is given"
      ),
      (
        "\"num_key_value_heads\": 8", "\"num_key_value_heads\": 5",
        "num_key_value_heads = 5: num_attention_heads % num_key_value_heads = 32 % 5 = 2, must be 0"
      ),
      ("\"silu\"", "\"gelu\"", "hidden_act = \"gelu\": is not modelled; it must be \"silu\""),
      (
        "\"llama3\"", "\"mrope\"",
        "rope_scaling.rope_type = \"mrope\": it must be one of default, linear, llama3, dynamic, yarn, longrope"
      ),
      ("\"factor\": 8.0", "\"factor\": -8", "rope_scaling.factor = -8: it must be a positive number"),
      (
        "\"bfloat16\"", "\"int4\"", "torch_dtype = \"int4\": it must be one of float32, float16, bfloat16, float64"
      ),
      ("\"mlp_bias\": false", "\"mlp_bias\": 1.5", "mlp_bias = 1.5: it must be true or false"),
      (
        "\"mlp_bias\": false", "\"quantization_config\": {\"bits\": 4}",
        "quantization_config.quant_method is missing: it must be one of awq, gptq, fp8, fbgemm_fp8, mxfp4, bitsandbytes, "
          + "compressed-tensors, modelopt, torchao"
      ),
      (
        "\"mlp_bias\": false", "\"sliding_window\": 4096",
        "sliding_window = 4096: models of model_type llama have none; it must be null"
      ),
      (
        "\"hidden_size\": 4096", "\"hidden_size\": 2147483648",
        "hidden_size = 2147483648: it must be a positive integer, at most 262144"
      ),
      (
        "\"num_hidden_layers\": 32", "\"num_hidden_layers\": 1e300",
        "num_hidden_layers = 1e+300: it must be a positive integer, at most 1024"
      ),
      (
        "\"rms_norm_eps\": 1e-05", "\"rms_norm_eps\": 1e-300",
        "rms_norm_eps = 1e-300: it must lie between 1e-30 and 1e30"
      ),
    ])
  func errors(field: String, replacement: String, message: String) throws {
    let json = Self.llama.replacingOccurrences(of: field, with: replacement)
    #expect(json != Self.llama)
    let error = try #require(throws: ConfigurationError.self) { try parse(json) }
    #expect(error.description == "config.json: \(message)")
  }

  @Test("not a configuration")
  func notAConfiguration() throws {
    let notJSON = try #require(throws: ConfigurationError.self) { try parse("model: llama") }
    #expect(notJSON.description == "config.json: is not JSON; it must be a Hugging Face config.json")
    let array = try #require(throws: ConfigurationError.self) { try parse("[1, 2]") }
    #expect(array.description == "config.json: holds [1, 2], it must hold one JSON object")
    let missing = try #require(throws: ConfigurationError.self) {
      try LlamaConfiguration(huggingFaceFile: "/does/not/exist.json")
    }
    #expect(
      missing.description
        == "/does/not/exist.json: cannot be read (No such file or directory); it must be a Hugging Face config.json")
  }
}
