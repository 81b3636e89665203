import Devices
import Foundation
import Quantities
import Tensors
import Testing

@testable import Models

@Suite("Quantized weights")
struct QuantizationTests {
  /// Bits for each weight of Llama-3.1-8B, norms in float32, as `tools/quantize/README.md` of llama.cpp lists them.
  @Test(
    "GGUF mixtures have the bits that llama.cpp lists",
    arguments: [
      ("q2_k_s", 2.9697), ("q2_k", 3.1593), ("q3_k_s", 3.6429), ("q3_k_l", 4.2979), ("iq4_xs", 4.4597),
      ("iq4_nl", 4.6818), ("q4_k_s", 4.6672), ("Q4_K_M", 4.8944), ("q5_k_s", 5.5704), ("q5_k_m", 5.7036),
      ("q6_k", 6.5633), ("q8_0", 8.5008),
    ])
  func mixtures(name: String, bits: Double) throws {
    let model = try #require(LlamaConfiguration.preset("llama-3.1-8b")).quantized(Quantization(named: name))
    let norms = (2 * model.layerCount + 1) * model.hiddenSize
    let bytes = model.weightByteCount + norms * (4 - model.elementType.byteCount)
    let found = 8 * Double(bytes) / Double(model.parameterCount)
    #expect(abs(found - bits) < 0.0002, "\(name)")
  }

  /// The size of a file of Llama-3.1-70B that the same README lists.
  @Test("models of 80 layers have finer values")
  func largeModels() throws {
    let model = try #require(LlamaConfiguration.preset("llama-3.1-70b")).quantized(Quantization(named: "q4_k_m"))
    let ratio = Double(model.weightByteCount) / 43.1e9
    #expect(abs(ratio - 1) < 0.015, "\(model.weightByteCount)")
    #expect(model.format(of: "model.layers.12.self_attn.v_proj.weight", columns: 8192)?.description == "Q6_K")
    #expect(model.format(of: "model.layers.11.self_attn.v_proj.weight", columns: 8192)?.description == "Q5_K")
    #expect(model.format(of: "model.layers.11.self_attn.k_proj.weight", columns: 8192)?.description == "Q4_K")
  }

  @Test("names are those of the tools")
  func names() throws {
    for name in Quantization.names {
      let quantization = try Quantization(named: name)
      #expect(try Quantization(named: name.uppercased()) == quantization)
      let model = try #require(LlamaConfiguration.preset("llama-3.1-8b"))
      #expect(try model.quantized(quantization).weightByteCount < 2 * model.parameterCount, "\(name)")
    }
    #expect(try Quantization(named: "q4_k") == Quantization(named: "Q4_K_M"))
    let error = try #require(throws: QuantizationError.self) { try Quantization(named: "q4_k_n") }
    #expect(error.description.hasPrefix(#"unknown quantization "q4_k_n": did you mean "q4_k_s"? Allowed: int8, "#))
  }

  @Test("linear layers and the output layer are stored as the tools store them")
  func layers() throws {
    let model = try #require(LlamaConfiguration.preset("llama-3.1-8b"))
    func format(_ quantization: String, _ parameter: String) throws -> String? {
      try model.quantized(Quantization(named: quantization)).format(of: parameter, columns: 4096)?.description
    }
    #expect(try format("int4-g32", "lm_head.weight") == "int4-g32")
    #expect(try format("awq", "lm_head.weight") == nil)
    #expect(try format("awq", "model.layers.7.mlp.up_proj.weight") == "int4-g128")
    #expect(try format("fp8", "model.embed_tokens.weight") == nil)
    #expect(try format("fp8", "model.layers.0.self_attn.q_proj.weight") == "fp8")
    #expect(try format("q4_k_m", "model.embed_tokens.weight") == "Q4_K")
    #expect(try format("q4_k_m", "lm_head.weight") == "Q6_K")
    #expect(try format("q4_k_m", "model.layers.0.mlp.down_proj.weight") == "Q6_K")
    #expect(try format("q4_k_m", "model.layers.4.mlp.down_proj.weight") == "Q4_K")
    #expect(try format("q4_k_m", "model.layers.4.self_attn.o_proj.weight") == "Q4_K")
    #expect(try format("q40", "lm_head.weight") == "Q4_0")
    #expect(try format("q4_k_m", "model.layers.0.input_layernorm.weight") == nil)
    let tied = try #require(LlamaConfiguration.preset("llama-3.2-1b")).quantized(Quantization(named: "q4_k_m"))
    #expect(tied.format(of: "model.embed_tokens.weight", columns: 2048)?.description == "Q6_K")
  }

  @Test("rows that blocks do not divide get another format, or are refused")
  func undividedRows() throws {
    // 576 columns are no multiple of 256.
    let small = try #require(LlamaConfiguration.preset("smollm2-135m")).quantized(Quantization(named: "q4_k_m"))
    #expect(small.format(of: "model.layers.4.self_attn.q_proj.weight", columns: 576)?.description == "Q5_0")
    #expect(small.format(of: "model.embed_tokens.weight", columns: 576)?.description == "Q8_0")
    let model = try #require(LlamaConfiguration.preset("smollm2-135m"))
    let error = try #require(throws: QuantizationError.self) {
      try model.quantized(Quantization(named: "int4-g128"))
    }
    #expect(
      error.description
        == "int4-g128: rows must have a multiple of 128 columns, those of model.layers.0.self_attn.q_proj.weight in "
        + "smollm2-135m have 576; use int8, q8_0 or another group")
  }

  private func configuration(_ quantization: String, type: String = "llama") throws -> LlamaConfiguration {
    let json = """
      {"model_type": "\(type)", "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 2,
       "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 128256, "torch_dtype": "bfloat16",
       "quantization_config": \(quantization)}
      """
    return try LlamaConfiguration(huggingFace: Data(json.utf8), file: "config.json")
  }

  /// The field, the format's name, bits of an element in rows of 4096.
  private static let configurations: [(json: String, name: String, bits: Double)] = [
    (#"{"quant_method": "awq", "bits": 4, "group_size": 128, "zero_point": true}"#, "int4-g128", 4.15625),
    (#"{"quant_method": "gptq", "bits": 4, "group_size": 64, "sym": true}"#, "int4-g64", 4.25),
    (#"{"quant_method": "gptq", "bits": 4, "group_size": -1}"#, "int4-channel", 4.0048828125),
    (#"{"quant_method": "gptq", "bits": 8, "group_size": 128}"#, "int8-g128", 8.1875),
    (#"{"quant_method": "fp8", "activation_scheme": "dynamic"}"#, "fp8", 8),
    (#"{"quant_method": "fp8", "weight_block_size": [128, 128]}"#, "fp8-block", 8.001953125),
    (#"{"quant_method": "fbgemm_fp8"}"#, "fp8-channel", 8.0078125),
    (#"{"quant_method": "mxfp4"}"#, "mxfp4-weight-only", 4.25),
    (
      #"{"quant_method": "bitsandbytes", "load_in_4bit": true, "bnb_4bit_quant_type": "nf4"}"#, "int4-g64",
      4.5
    ),
    (#"{"quant_method": "bitsandbytes", "load_in_8bit": true}"#, "w8a8-int8", 8.00390625),
    (#"{"quant_method": "modelopt", "quant_algo": "NVFP4"}"#, "nvfp4", 4.5),
    (
      #"""
      {"quant_method": "compressed-tensors", "config_groups": {"group_0": {"weights": {"num_bits": 4, "type": "int",
       "strategy": "group", "group_size": 128, "symmetric": true}, "input_activations": null}}}
      """#, "int4-g128", 4.125
    ),
    (
      #"""
      {"quant_method": "compressed-tensors", "config_groups": {"group_0": {"weights": {"num_bits": 8, "type": "float",
       "strategy": "channel"}, "input_activations": {"num_bits": 8, "type": "float"}}}}
      """#, "fp8-channel", 8.0078125
    ),
    (#"{"quant_method": "torchao", "quant_type": "int8_weight_only"}"#, "int8", 8.00390625),
  ]

  @Test("quantization_config chooses the format", arguments: configurations)
  func quantizationConfig(json: String, name: String, bits: Double) throws {
    let model = try configuration(json)
    let format = try #require(model.format(of: "model.layers.1.self_attn.o_proj.weight", columns: 4096))
    #expect(format.description == name)
    let found = 8 * Double(format.byteCount(rows: 4096, columns: 4096)) / 16_777_216
    #expect(abs(found - bits) < 1e-5)
    #expect(model.format(of: "lm_head.weight", columns: 4096) == nil)
    #expect(model.variant.obstacleToValues == "quantization_config")
  }

  @Test("modules that are listed keep the activations' type")
  func exceptions() throws {
    let model = try configuration(
      #"{"quant_method": "fbgemm_fp8", "modules_to_not_convert": ["model.layers.0.mlp.down_proj", "self_attn", "#
        + #""re:model\\.layers\\.1\\.mlp\\.up.*"]}"#)
    func isQuantized(_ module: String) -> Bool { model.format(of: "\(module).weight", columns: 4096) != nil }
    #expect(!isQuantized("model.layers.0.mlp.down_proj"))
    #expect(isQuantized("model.layers.1.mlp.down_proj"))
    #expect(isQuantized("model.layers.0.mlp.up_proj"))
    #expect(!isQuantized("model.layers.1.mlp.up_proj"))
    #expect(!isQuantized("model.layers.1.self_attn.q_proj"))
    #expect(!isQuantized("lm_head"))
  }

  @Test(
    "unknown configurations are refused in one line",
    arguments: [
      (
        #"{"quant_method": "quark"}"#,
        #"quantization_config.quant_method = "quark": it must be one of awq, gptq, fp8, "#
      ),
      ("{}", "quantization_config.quant_method is missing: it must be one of awq, "),
      ("[1]", "quantization_config = [1]: it must be an object"),
      (#"{"quant_method": "gptq", "bits": 3}"#, "quantization_config.bits = 3: it must be 4 or 8"),
      (
        #"{"quant_method": "fp8", "weight_block_size": [128, 1e300]}"#,
        "quantization_config.weight_block_size = [128, 1e+300]: it must be a list of two positive integers"
      ),
      (
        #"{"quant_method": "modelopt", "quant_algo": "INT3"}"#,
        #"quantization_config.quant_algo = "INT3": it must be one of FP8, "#
      ),
      (
        #"{"quant_method": "awq", "bits": 4, "group_size": 96}"#,
        "quantization_config: awq (int4-g96): rows must have a multiple of 96 columns"
      ),
    ])
  func refusals(json: String, message: String) throws {
    let error = try #require(throws: ConfigurationError.self) { try configuration(json) }
    #expect(error.description.hasPrefix("config.json: \(message)"), "\(error)")
    #expect(!error.description.contains("\n"))
  }

  /// What a device allocates as weights against the sum over the model's parameters.
  @Test(
    "devices hold as many bytes as the model counts", arguments: ["q4_k_m", "int8", "int4-g32", "fp8-block", "nvfp4"])
  func memory(name: String) async throws {
    let model = try LlamaConfiguration(
      name: "small", hiddenSize: 512, intermediateSize: 1536, layerCount: 9, headCount: 8, keyValueHeadCount: 2,
      vocabularySize: 1000, maximumPositionCount: 64
    ).quantized(Quantization(named: name))
    let accounting = WeightBytes()
    let program = try LlamaProgram(
      configuration: model, strategy: .single,
      workload: try LlamaWorkload(promptLength: 4, generatedTokenCount: 2), speeds: [1])
    let share = TensorShare(whole: model)
    let shard = try LlamaShard(
      program.parameters(on: ShapeDevice(accounting: accounting)), model, layers: 0..<model.layerCount, share: share,
      vocabularyCounts: [model.vocabularySize], group: nil)
    #expect(accounting.bytes == model.weightByteCount)
    withExtendedLifetime(shard) {}
  }

  @Test("the key-value cache has a type of its own")
  func keyValueType() throws {
    var model = try #require(LlamaConfiguration.preset("llama-3.1-8b"))
    let bytes = model.keyValueCacheByteCount(positionCount: 10)
    model.keyValueType = .float8
    #expect(2 * model.keyValueCacheByteCount(positionCount: 10) == bytes)
    #expect(try model.storing(.float32).keyValueType == .float8)
  }
}

/// Adds up what is allocated.
///
/// Sendable without checks because a test makes its model on one thread.
private final class WeightBytes: DeviceAccounting, @unchecked Sendable {
  private(set) var bytes = 0

  var measuresKernels: Bool { false }

  func charge(_ operation: OperationRecord, kernelTime: Duration?) {}

  func allocate(byteCount: Int, label: StaticString) { bytes += byteCount }

  func release(byteCount: Int, label: StaticString) {}
}
