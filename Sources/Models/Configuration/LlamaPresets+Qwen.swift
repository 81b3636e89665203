import Quantities
import Tensors

extension LlamaConfiguration {
  static let qwen25: [LlamaPreset] = [
    qwen25("0.5B", 896, 4864, layers: 24, heads: 14, 2),
    qwen25("1.5B", 1536, 8960, layers: 28, heads: 12, 2),
    qwen25("3B", 2048, 11008, layers: 36, heads: 16, 2),
    qwen25("7B", 3584, 18944, layers: 28, heads: 28, 4, ties: false),
    qwen25("14B", 5120, 13824, layers: 48, heads: 40, 8, ties: false),
    qwen25("32B", 5120, 27648, layers: 64, heads: 40, 8, ties: false),
    qwen25("72B", 8192, 29568, layers: 80, heads: 64, 8, ties: false),
  ]

  static let qwen3: [LlamaPreset] = [
    qwen3("0.6B", 1024, 3072, layers: 28, heads: 16),
    qwen3("1.7B", 2048, 6144, layers: 28, heads: 16),
    qwen3("4B", 2560, 9728, layers: 36, heads: 32),
    qwen3("8B", 4096, 12288, layers: 36, heads: 32, ties: false),
    qwen3("14B", 5120, 17408, layers: 40, heads: 40, ties: false),
    qwen3("32B", 5120, 25600, layers: 64, heads: 64, ties: false),
  ]

  /// The instruction-tuned models, with a context of 32768 tokens. Those of 7 billion parameters and more have more rows in
  /// the tables than tokens.
  private static func qwen25(
    _ size: String, _ hidden: Int, _ intermediate: Int, layers: Int, heads: Int, _ keyValueHeads: Int,
    ties: Bool = true
  ) -> LlamaPreset {
    preset(
      from: "Qwen/Qwen2.5-\(size)-Instruct",
      LlamaConfiguration(
        unchecked: "qwen2.5-\(size.lowercased())", hiddenSize: hidden, intermediateSize: intermediate,
        layerCount: layers, headCount: heads, keyValueHeadCount: keyValueHeads,
        vocabularySize: ties ? 151_936 : 152_064, maximumPositionCount: 32_768, normEpsilon: 1e-6,
        rotary: RotaryEmbedding(base: 1_000_000), tiesEmbeddings: ties, hasQueryKeyValueBias: true))
  }

  private static func qwen3(
    _ size: String, _ hidden: Int, _ intermediate: Int, layers: Int, heads: Int, ties: Bool = true
  ) -> LlamaPreset {
    var variant = DecoderVariant.llama
    variant.queryKeyNorm = .eachHead
    variant.obstacleToValues = "model_type = \"qwen3\""
    return preset(
      from: "Qwen/Qwen3-\(size)",
      LlamaConfiguration(
        unchecked: "qwen3-\(size.lowercased())", hiddenSize: hidden, intermediateSize: intermediate,
        layerCount: layers, headCount: heads, keyValueHeadCount: 8, headSize: 128, vocabularySize: 151_936,
        maximumPositionCount: 40_960, normEpsilon: 1e-6, rotary: RotaryEmbedding(base: 1_000_000),
        tiesEmbeddings: ties, variant: variant))
  }
}
