import Quantities
import Tensors

extension LlamaConfiguration {
  static let mistral: [LlamaPreset] = [
    preset(
      from: "mistralai/Mistral-7B-v0.1",
      LlamaConfiguration(
        unchecked: "mistral-7b-v0.1", hiddenSize: 4096, intermediateSize: 14336, layerCount: 32, headCount: 32,
        keyValueHeadCount: 8, vocabularySize: 32_000, maximumPositionCount: 32_768,
        variant: windowed(4096, layers: 32))),
    preset(
      from: "mistralai/Mistral-7B-v0.3",
      LlamaConfiguration(
        unchecked: "mistral-7b-v0.3", hiddenSize: 4096, intermediateSize: 14336, layerCount: 32, headCount: 32,
        keyValueHeadCount: 8, vocabularySize: 32_768, maximumPositionCount: 32_768,
        rotary: RotaryEmbedding(base: 1_000_000))),
    preset(
      from: "mistralai/Mistral-Nemo-Instruct-2407",
      LlamaConfiguration(
        unchecked: "mistral-nemo-12b", hiddenSize: 5120, intermediateSize: 14336, layerCount: 40, headCount: 32,
        keyValueHeadCount: 8, headSize: 128, vocabularySize: 131_072, maximumPositionCount: 131_072,
        rotary: RotaryEmbedding(base: 1_000_000))),
    preset(
      from: "mistralai/Mistral-Small-24B-Instruct-2501",
      LlamaConfiguration(
        unchecked: "mistral-small-24b", hiddenSize: 5120, intermediateSize: 32768, layerCount: 40, headCount: 32,
        keyValueHeadCount: 8, headSize: 128, vocabularySize: 131_072, maximumPositionCount: 32_768,
        rotary: RotaryEmbedding(base: 100_000_000))),
  ]

  static let phi: [LlamaPreset] = [
    preset(
      from: "microsoft/Phi-3-mini-4k-instruct",
      LlamaConfiguration(
        unchecked: "phi-3-mini", hiddenSize: 3072, intermediateSize: 8192, layerCount: 32, headCount: 32,
        vocabularySize: 32_064, maximumPositionCount: 4096, variant: phi3(windowed(2047, layers: 32)))),
    preset(
      from: "microsoft/Phi-3-medium-4k-instruct",
      LlamaConfiguration(
        unchecked: "phi-3-medium", hiddenSize: 5120, intermediateSize: 17920, layerCount: 40, headCount: 40,
        keyValueHeadCount: 10, vocabularySize: 32_064, maximumPositionCount: 4096,
        variant: phi3(windowed(2047, layers: 40)))),
    preset(
      from: "microsoft/phi-4",
      LlamaConfiguration(
        unchecked: "phi-4", hiddenSize: 5120, intermediateSize: 17920, layerCount: 40, headCount: 40,
        keyValueHeadCount: 10, vocabularySize: 100_352, maximumPositionCount: 16_384,
        rotary: RotaryEmbedding(base: 250_000), variant: phi3(.llama))),
  ]

  private static func windowed(_ window: Int, layers: Int) -> DecoderVariant {
    var variant = DecoderVariant.llama
    variant.layers = Array(repeating: DecoderVariant.LayerTraits(window: window), count: layers)
    return variant
  }

  private static func phi3(_ variant: DecoderVariant) -> DecoderVariant {
    var variant = variant
    variant.obstacleToValues = "model_type = \"phi3\""
    return variant
  }
}
