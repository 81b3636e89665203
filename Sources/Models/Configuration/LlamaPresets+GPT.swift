import Quantities

/// Decoders with layer norms, biases and a feed-forward without a gate.
extension LlamaConfiguration {
  static let gpt2: [LlamaPreset] = [
    ("gpt2", 768, 12, 12), ("gpt2-medium", 1024, 24, 16), ("gpt2-large", 1280, 36, 20), ("gpt2-xl", 1600, 48, 25),
  ].map { name, hidden, layers, heads in
    preset(
      from: "openai-community/\(name)",
      gpt(name, hidden, layers: layers, heads: heads, vocabulary: 50_257, positions: 1024, elementType: .float32))
  }

  /// Shapes of models of which no weights are published, with the vocabulary of 51200 that Megatron pads GPT-2's to.
  static let gpt3: [LlamaPreset] = {
    let paper = "https://arxiv.org/abs/2005.14165"
    return [
      ("gpt-6.7b", 4096, 32, 32, paper), ("gpt-13b", 5120, 40, 40, paper),
      ("gpt-20b", 6144, 44, 48, "https://github.com/NVIDIA/NeMo-Megatron-Launcher"),
      ("gpt-175b", 12288, 96, 96, paper), ("gpt-530b", 20480, 105, 128, "https://arxiv.org/abs/2201.11990"),
    ].map { name, hidden, layers, heads, source in
      LlamaPreset(
        source: source,
        configuration: gpt(
          name, hidden, layers: layers, heads: heads, vocabulary: 51_200, positions: 2048, elementType: .float16))
    }
  }()

  static let bloom: [LlamaPreset] = [
    ("bloom-560m", 1024, 24, 16), ("bloom-1b1", 1536, 24, 16), ("bloom-1b7", 2048, 24, 16),
    ("bloom-3b", 2560, 30, 32), ("bloom-7b1", 4096, 30, 32), ("bloom", 14336, 70, 112),
  ].map { name, hidden, layers, heads in
    var variant = layerNormed
    variant.positions = .alibi
    variant.normalizesEmbeddings = true
    variant.obstacleToValues = "model_type = \"bloom\""
    return preset(
      from: "bigscience/\(name)",
      LlamaConfiguration(
        unchecked: name, hiddenSize: hidden, intermediateSize: 4 * hidden, layerCount: layers, headCount: heads,
        vocabularySize: 250_880, maximumPositionCount: 2048, tiesEmbeddings: true, hasQueryKeyValueBias: true,
        hasAttentionOutputBias: true, hasFeedForwardBias: true, variant: variant,
        elementType: name == "bloom" ? .bfloat16 : .float16))
  }

  private static func gpt(
    _ name: String, _ hidden: Int, layers: Int, heads: Int, vocabulary: Int, positions: Int, elementType: ElementType
  ) -> LlamaConfiguration {
    var variant = layerNormed
    variant.positions = .learned
    variant.obstacleToValues = "model_type = \"gpt2\""
    return LlamaConfiguration(
      unchecked: name, hiddenSize: hidden, intermediateSize: 4 * hidden, layerCount: layers, headCount: heads,
      vocabularySize: vocabulary, maximumPositionCount: positions, tiesEmbeddings: true, hasQueryKeyValueBias: true,
      hasAttentionOutputBias: true, hasFeedForwardBias: true, variant: variant, elementType: elementType)
  }

  private static var layerNormed: DecoderVariant {
    var variant = DecoderVariant.llama
    variant.norm = .layer
    variant.feedForward = .plain(.geluTanh)
    return variant
  }
}
