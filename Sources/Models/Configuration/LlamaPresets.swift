import Quantities
import Tensors

/// A published model by name.
public struct LlamaPreset: Sendable, Identifiable {
  /// What a scenario calls it, such as `llama-3.1-8b`; also the configuration's name.
  public var id: String { configuration.name }
  /// The published file that its figures are taken from.
  public let source: String
  /// The figures.
  public let configuration: LlamaConfiguration
}

extension LlamaConfiguration {
  /// The preset of this name, or `nil`.
  public static func preset(_ id: String) -> LlamaConfiguration? {
    presets.first { $0.id == id }?.configuration
  }

  /// All presets, by family and size.
  public static let presets: [LlamaPreset] =
    llama31 + llama3 + llama32 + llama2 + llama1 + small + qwen25 + qwen3 + mistral + phi + gpt2 + gpt3 + bloom
    + mixtures

  private static func llama3Rotary(factor: Double) -> RotaryEmbedding {
    RotaryEmbedding(
      base: 500_000,
      scaling: .llama3(factor: factor, lowFrequency: 1, highFrequency: 4, originalPositionCount: 8192))
  }

  static func preset(from repository: String, _ configuration: LlamaConfiguration) -> LlamaPreset {
    LlamaPreset(source: "https://huggingface.co/\(repository)/blob/main/config.json", configuration: configuration)
  }

  private static let llama31: [LlamaPreset] = [
    preset(
      from: "meta-llama/Llama-3.1-8B",
      LlamaConfiguration(
        unchecked: "llama-3.1-8b", hiddenSize: 4096, intermediateSize: 14336, layerCount: 32, headCount: 32,
        keyValueHeadCount: 8, vocabularySize: 128_256, maximumPositionCount: 131_072,
        rotary: llama3Rotary(factor: 8))),
    preset(
      from: "meta-llama/Llama-3.1-70B",
      LlamaConfiguration(
        unchecked: "llama-3.1-70b", hiddenSize: 8192, intermediateSize: 28672, layerCount: 80, headCount: 64,
        keyValueHeadCount: 8, vocabularySize: 128_256, maximumPositionCount: 131_072,
        rotary: llama3Rotary(factor: 8))),
    preset(
      from: "meta-llama/Llama-3.1-405B",
      LlamaConfiguration(
        unchecked: "llama-3.1-405b", hiddenSize: 16384, intermediateSize: 53248, layerCount: 126, headCount: 128,
        keyValueHeadCount: 8, vocabularySize: 128_256, maximumPositionCount: 131_072,
        rotary: llama3Rotary(factor: 8))),
  ]

  private static let llama3: [LlamaPreset] = [
    preset(
      from: "meta-llama/Meta-Llama-3-8B",
      LlamaConfiguration(
        unchecked: "llama-3-8b", hiddenSize: 4096, intermediateSize: 14336, layerCount: 32, headCount: 32,
        keyValueHeadCount: 8, vocabularySize: 128_256, maximumPositionCount: 8192,
        rotary: RotaryEmbedding(base: 500_000))),
    preset(
      from: "meta-llama/Meta-Llama-3-70B",
      LlamaConfiguration(
        unchecked: "llama-3-70b", hiddenSize: 8192, intermediateSize: 28672, layerCount: 80, headCount: 64,
        keyValueHeadCount: 8, vocabularySize: 128_256, maximumPositionCount: 8192,
        rotary: RotaryEmbedding(base: 500_000))),
  ]

  private static let llama32: [LlamaPreset] = [
    preset(
      from: "meta-llama/Llama-3.2-1B",
      LlamaConfiguration(
        unchecked: "llama-3.2-1b", hiddenSize: 2048, intermediateSize: 8192, layerCount: 16, headCount: 32,
        keyValueHeadCount: 8, headSize: 64, vocabularySize: 128_256, maximumPositionCount: 131_072,
        rotary: llama3Rotary(factor: 32), tiesEmbeddings: true)),
    preset(
      from: "meta-llama/Llama-3.2-3B",
      LlamaConfiguration(
        unchecked: "llama-3.2-3b", hiddenSize: 3072, intermediateSize: 8192, layerCount: 28, headCount: 24,
        keyValueHeadCount: 8, headSize: 128, vocabularySize: 128_256, maximumPositionCount: 131_072,
        rotary: llama3Rotary(factor: 32), tiesEmbeddings: true)),
  ]

  private static let llama2: [LlamaPreset] = [
    preset(
      from: "meta-llama/Llama-2-7b-hf",
      LlamaConfiguration(
        unchecked: "llama-2-7b", hiddenSize: 4096, intermediateSize: 11008, layerCount: 32, headCount: 32,
        vocabularySize: 32_000, maximumPositionCount: 4096, elementType: .float16)),
    preset(
      from: "meta-llama/Llama-2-13b-hf",
      LlamaConfiguration(
        unchecked: "llama-2-13b", hiddenSize: 5120, intermediateSize: 13824, layerCount: 40, headCount: 40,
        vocabularySize: 32_000, maximumPositionCount: 4096, elementType: .float16)),
    preset(
      from: "meta-llama/Llama-2-70b-hf",
      LlamaConfiguration(
        unchecked: "llama-2-70b", hiddenSize: 8192, intermediateSize: 28672, layerCount: 80, headCount: 64,
        keyValueHeadCount: 8, vocabularySize: 32_000, maximumPositionCount: 4096, elementType: .float16)),
  ]

  private static let llama1: [LlamaPreset] = [
    ("7b", 4096, 11008, 32, 32), ("13b", 5120, 13824, 40, 40), ("30b", 6656, 17920, 60, 52),
    ("65b", 8192, 22016, 80, 64),
  ].map { size, hidden, intermediate, layers, heads in
    preset(
      from: "huggyllama/llama-\(size)",
      LlamaConfiguration(
        unchecked: "llama-\(size)", hiddenSize: hidden, intermediateSize: intermediate, layerCount: layers,
        headCount: heads, vocabularySize: 32_000, maximumPositionCount: 2048, normEpsilon: 1e-6,
        elementType: .float16))
  }

  private static let small: [LlamaPreset] = [
    preset(
      from: "TinyLlama/TinyLlama-1.1B-Chat-v1.0",
      LlamaConfiguration(
        unchecked: "tinyllama-1.1b", hiddenSize: 2048, intermediateSize: 5632, layerCount: 22, headCount: 32,
        keyValueHeadCount: 4, vocabularySize: 32_000, maximumPositionCount: 2048)),
    preset(
      from: "HuggingFaceTB/SmolLM2-135M",
      LlamaConfiguration(
        unchecked: "smollm2-135m", hiddenSize: 576, intermediateSize: 1536, layerCount: 30, headCount: 9,
        keyValueHeadCount: 3, vocabularySize: 49_152, maximumPositionCount: 8192,
        rotary: RotaryEmbedding(base: 100_000), tiesEmbeddings: true)),
    preset(
      from: "HuggingFaceTB/SmolLM2-360M",
      LlamaConfiguration(
        unchecked: "smollm2-360m", hiddenSize: 960, intermediateSize: 2560, layerCount: 32, headCount: 15,
        keyValueHeadCount: 5, vocabularySize: 49_152, maximumPositionCount: 8192,
        rotary: RotaryEmbedding(base: 100_000), tiesEmbeddings: true)),
    preset(
      from: "HuggingFaceTB/SmolLM2-1.7B",
      LlamaConfiguration(
        unchecked: "smollm2-1.7b", hiddenSize: 2048, intermediateSize: 8192, layerCount: 24, headCount: 32,
        vocabularySize: 49_152, maximumPositionCount: 8192, rotary: RotaryEmbedding(base: 130_000),
        tiesEmbeddings: true)),
  ]
}
