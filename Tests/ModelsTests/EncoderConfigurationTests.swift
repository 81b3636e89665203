import Foundation
import Testing

@testable import Models

@Suite("Configurations of encoders")
struct EncoderConfigurationTests {
  @Test("A BERT configuration, and the parameters that its published weights have without the pooler")
  func bert() throws {
    let model = try bertConfiguration("\"hidden_act\": \"gelu\"")
    // all-MiniLM-L6-v2 has 22 713 216 parameters, of which the pooler's are 384 · 384 + 384.
    #expect(model.parameterCount == 22_713_216 - 384 * 385)
    #expect(model.activation == .gelu)
    #expect(model.elementType == .float32)
    #expect(model.paddingToken == 0)
    #expect(try bertConfiguration("\"hidden_act\": \"gelu_pytorch_tanh\"").activation == .geluTanh)
    #expect(try bertConfiguration("\"torch_dtype\": \"float16\"").elementType == .float16)
  }

  @Test(
    "What is not modelled is refused",
    arguments: [
      ("\"position_embedding_type\": \"relative_key\"", "position_embedding_type = \"relative_key\": is not modelled"),
      ("\"pad_token_id\": 40000", "pad_token_id = 40000: it must be a token, 0..<30522"),
      ("\"layer_norm_eps\": 0", "layer_norm_eps = 0: it must be a positive number"),
    ])
  func refused(field: String, problem: String) {
    let error = #expect(throws: ConfigurationError.self) { try bertConfiguration(field) }
    #expect(error?.description.contains(problem) == true)
  }

  @Test("CLIP's missing fields are those of ViT-B/32, and its parameters as many as published")
  func clip() throws {
    let model = try clipConfiguration("\"text_config\": {\"eos_token_id\": 2}, \"vision_config\": {}")
    #expect(model.parameterCount == 151_277_313)
    #expect(model.imagePositionCount == 50)
    #expect(model.endOfTextToken == 49_407)
    // ViT-L/14, as published.
    let large = try clipConfiguration(
      """
      "projection_dim": 768,
      "text_config": {"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12},
      "vision_config": {"hidden_size": 1024, "intermediate_size": 4096, "num_attention_heads": 16, "patch_size": 14,
        "num_hidden_layers": 24}
      """)
    #expect(large.parameterCount == 427_616_513)
  }

  @Test("CLIP's mistakes")
  func clipsMistakes() {
    for (fields, problem) in [
      ("\"vision_config\": {}", "text_config is missing"),
      ("\"text_config\": {}, \"vision_config\": {\"patch_size\": 30}", "image_size % patch_size = 224 % 30 = 14"),
      (
        "\"text_config\": {\"num_attention_heads\": 7}, \"vision_config\": {}",
        "text_config.num_attention_heads = 7: hidden_size % num_attention_heads = 512 % 7 = 1"
      ),
    ] {
      let error = #expect(throws: ConfigurationError.self) { try clipConfiguration(fields) }
      #expect(error?.description.contains(problem) == true)
    }
  }

  private func bertConfiguration(_ field: String) throws -> BertConfiguration {
    let text = """
      {"model_type": "bert", "hidden_size": 384, "intermediate_size": 1536, "num_hidden_layers": 6, "vocab_size": 30522,
       "num_attention_heads": 12, "max_position_embeddings": 512, "type_vocab_size": 2, \(field)}
      """
    return try BertConfiguration(huggingFace: Data(text.utf8), file: "config.json")
  }

  private func clipConfiguration(_ fields: String) throws -> CLIPConfiguration {
    try CLIPConfiguration(huggingFace: Data("{\"model_type\": \"clip\", \(fields)}".utf8), file: "config.json")
  }
}
