import Quantities
import Tensors

/// Mixtures of experts.
extension LlamaConfiguration {
  static let mixtures: [LlamaPreset] = [
    mixtral, qwen3MoE, gptOss("20b", experts: 32, layers: 24), gptOss("120b", experts: 128, layers: 36), miniMax,
    deepSeek("deepseek-v3", "deepseek-ai/DeepSeek-V3", experts: 256, heads: 128, dense: 3, vocabulary: 129_280),
    deepSeek("deepseek-r1", "deepseek-ai/DeepSeek-R1", experts: 256, heads: 128, dense: 3, vocabulary: 129_280),
    deepSeek("kimi-k2.5", "moonshotai/Kimi-K2.5", experts: 384, heads: 64, dense: 1, vocabulary: 163_840),
  ]

  private static func decoder(_ experts: MixtureOfExperts, _ type: String) -> DecoderVariant {
    var variant = DecoderVariant.llama
    variant.experts = experts
    variant.obstacleToValues = "model_type = \"\(type)\""
    return variant
  }

  private static let mixtral = preset(
    from: "mistralai/Mixtral-8x7B-Instruct-v0.1",
    LlamaConfiguration(
      unchecked: "mixtral-8x7b", hiddenSize: 4096, intermediateSize: 14336, layerCount: 32, headCount: 32,
      keyValueHeadCount: 8, vocabularySize: 32_000, maximumPositionCount: 32_768,
      rotary: RotaryEmbedding(base: 1_000_000),
      variant: decoder(MixtureOfExperts(count: 8, perToken: 2, intermediateSize: 14336), "mixtral")))

  private static let qwen3MoE: LlamaPreset = {
    var variant = decoder(MixtureOfExperts(count: 128, perToken: 8, intermediateSize: 1536), "qwen3_moe")
    variant.queryKeyNorm = .eachHead
    return preset(
      from: "Qwen/Qwen3-235B-A22B",
      LlamaConfiguration(
        unchecked: "qwen3-235b-a22b", hiddenSize: 4096, intermediateSize: 12288, layerCount: 94, headCount: 64,
        keyValueHeadCount: 4, headSize: 128, vocabularySize: 151_936, maximumPositionCount: 40_960, normEpsilon: 1e-6,
        rotary: RotaryEmbedding(base: 1_000_000), variant: variant))
  }()

  /// Every other layer sees 128 positions.
  private static func gptOss(_ size: String, experts: Int, layers: Int) -> LlamaPreset {
    var mixture = MixtureOfExperts(count: experts, perToken: 4, intermediateSize: 2880)
    mixture.hasBiases = true
    mixture.hasRouterBias = true
    var variant = decoder(mixture, "gpt_oss")
    variant.hasAttentionSinks = true
    variant.layers = (0..<layers).map { DecoderVariant.LayerTraits(window: $0.isMultiple(of: 2) ? 128 : nil) }
    return preset(
      from: "openai/gpt-oss-\(size)",
      LlamaConfiguration(
        unchecked: "gpt-oss-\(size)", hiddenSize: 2880, intermediateSize: 2880, layerCount: layers, headCount: 64,
        keyValueHeadCount: 8, headSize: 64, vocabularySize: 201_088, maximumPositionCount: 131_072,
        rotary: RotaryEmbedding(base: 150_000), hasQueryKeyValueBias: true, hasAttentionOutputBias: true,
        variant: variant))
  }

  /// Queries and keys are normalized over all heads; engines do that with one small all-reduce or replicated heads.
  private static let miniMax: LlamaPreset = {
    var mixture = MixtureOfExperts(count: 256, perToken: 8, intermediateSize: 1536)
    mixture.hasRouterBias = true
    var variant = decoder(mixture, "minimax_m2")
    variant.queryKeyNorm = .projection
    variant.dividesProjectionNorm = true
    return preset(
      from: "MiniMaxAI/MiniMax-M2.5",
      LlamaConfiguration(
        unchecked: "minimax-m2.5", hiddenSize: 3072, intermediateSize: 1536, layerCount: 62, headCount: 48,
        keyValueHeadCount: 8, headSize: 128, vocabularySize: 200_064, maximumPositionCount: 196_608, normEpsilon: 1e-6,
        rotary: RotaryEmbedding(base: 5_000_000), variant: variant))
  }()

  /// DeepSeek-V3's architecture. The module that predicts one more token is not counted.
  private static func deepSeek(
    _ name: String, _ repository: String, experts: Int, heads: Int, dense: Int, vocabulary: Int
  ) -> LlamaPreset {
    var mixture = MixtureOfExperts(count: experts, perToken: 8, intermediateSize: 2048)
    mixture.sharedIntermediateSize = 2048
    mixture.denseLayerCount = dense
    mixture.hasRouterBias = true
    var variant = decoder(mixture, "deepseek_v3")
    variant.latentAttention = LatentAttention(
      queryRank: 1536, keyValueRank: 512, rotarySize: 64, plainSize: 128, valueSize: 128)
    return preset(
      from: repository,
      LlamaConfiguration(
        unchecked: name, hiddenSize: 7168, intermediateSize: 18432, layerCount: 61, headCount: heads,
        headSize: 128, vocabularySize: vocabulary, maximumPositionCount: 131_072, normEpsilon: 1e-6,
        rotary: RotaryEmbedding(base: 10_000), variant: variant))
  }
}
