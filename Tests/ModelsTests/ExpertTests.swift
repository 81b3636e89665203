import Quantities
import Tensors
import TestSupport
import Testing

@testable import Models

@Suite("Mixtures of experts")
struct ExpertTests {
  @Test(
    "parameters are those that the models' authors state",
    arguments: [
      // Mixtral: Hugging Face's count of its safetensors. DeepSeek-V3: the same, less the module that predicts one more token.
      ("mixtral-8x7b", 46_702_792_704), ("deepseek-v3", 671_026_419_200), ("deepseek-r1", 671_026_419_200),
      // gpt-oss model card (arXiv:2508.10925), table 1: 116.83 and 20.91 billion. Qwen3 technical report: 235 billion.
      ("gpt-oss-120b", 116_829_156_672), ("gpt-oss-20b", 20_914_757_184), ("qwen3-235b-a22b", 235_093_634_560),
    ])
  func parameters(name: String, count: Int) throws {
    let model = try #require(LlamaConfiguration.preset(name))
    #expect(model.parameterCount == count)
  }

  @Test(
    "active parameters are those that the models' authors state, in billions",
    arguments: [
      ("mixtral-8x7b", 12.9), ("deepseek-v3", 37.0), ("qwen3-235b-a22b", 22.0), ("minimax-m2.5", 10.0),
      ("kimi-k2.5", 32.0),
    ])
  func activeParameters(name: String, billions: Double) throws {
    let model = try #require(LlamaConfiguration.preset(name))
    // DeepSeek and Moonshot leave the embedding out, which a token only looks up.
    let counted = [model.activeParameterCount, model.activeParameterCount - model.embeddingParameterCount]
    let errors = counted.map { count -> Double in
      let found = Double(count) / 1e9
      return abs(found - billions) / billions
    }
    let nearest = try #require(errors.min())
    #expect(nearest < 0.05)
  }

  @Test("the matrices that formats are chosen for hold what the parameters do, but for norms, biases and the router")
  func matrices() throws {
    for name in ["mixtral-8x7b", "deepseek-v3", "qwen3-235b-a22b"] {
      let model = try #require(LlamaConfiguration.preset(name))
      let elements = model.matrices.reduce(0) { $0 + $1.rows * $1.columns }
      #expect(elements <= model.parameterCount)
      #expect(Double(elements) > 0.995 * Double(model.parameterCount), "\(name)")
    }
  }

  @Test("a position of DeepSeek-V3 takes 70 KB of cache, on every tensor-parallel device")
  func latentCache() throws {
    let model = try #require(LlamaConfiguration.preset("deepseek-v3"))
    // (512 + 64) elements of 2 bytes in 61 layers.
    #expect(model.keyValueCacheByteCount(positionCount: 1) == 70_272)
    let shares = try model.tensorShares(speeds: Array(repeating: 1, count: 8))
    #expect(LlamaEngineShard.bytesOfPosition(model, share: shares[3]) == 70_272)
    let grouped = try #require(LlamaConfiguration.preset("llama-3.1-70b"))
    let share = try grouped.tensorShares(speeds: Array(repeating: 1, count: 8))[0]
    #expect(LlamaEngineShard.bytesOfPosition(grouped, share: share) == 2 * 128 * 2 * 80)
  }

  @Test("as many experts are expected to get a token as get one when tokens choose at random")
  func touchedExperts() {
    for seed in UInt64(0)..<4 {
      var random = Mutations.Random(seed: seed)
      let count = Int.random(in: 4...64, using: &random)
      let chosen = Int.random(in: 1...min(8, count), using: &random)
      let held = Int.random(in: 1...count, using: &random)
      let tokens = Int.random(in: 1...40, using: &random)
      let rounds = 400
      var touched = 0
      for _ in 0..<rounds {
        var hit: Set<Int> = []
        for _ in 0..<tokens { hit.formUnion((0..<count).shuffled(using: &random).prefix(chosen)) }
        touched += hit.count { $0 < held }
      }
      let experts = MixtureOfExperts(count: count, perToken: chosen, intermediateSize: 8)
      let expected = experts.expectedTouchedCount(of: held, tokens: tokens)
      let mean = Double(touched) / Double(rounds)
      // Sets of experts vary by less than a binomial does.
      let variance: Double = expected * (1 - expected / Double(held)) / Double(rounds)
      let tolerance: Double = 5 * variance.squareRoot() + 0.02
      #expect(abs(mean - expected) <= tolerance, "seed \(seed)")
    }
  }

  @Test("no more experts are touched than there are, and none without tokens")
  func touchedBounds() {
    let experts = MixtureOfExperts(count: 256, perToken: 8, intermediateSize: 2048)
    #expect(experts.expectedTouchedCount(of: 256, tokens: 0) == 0)
    let one: Double = experts.expectedTouchedCount(of: 256, tokens: 1)
    #expect(abs(one - 8.0) < 1e-9)
    #expect(experts.expectedTouchedCount(of: 256, tokens: 100_000) <= 256)
    let part: Double = experts.expectedTouchedCount(of: 32, tokens: 3)
    let whole: Double = experts.expectedTouchedCount(of: 256, tokens: 3)
    #expect(abs(part * 8 - whole) < 1e-9)
  }

  @Test("layers that are alike make repetitions, alternating ones a period")
  func repetitions() throws {
    let dense = try #require(LlamaConfiguration.preset("llama-3.1-8b")).layerRepetitions
    #expect(dense == [LayerRepetition(first: 0, period: 1, count: 32)])
    let alternating = try #require(LlamaConfiguration.preset("gpt-oss-120b")).layerRepetitions
    #expect(alternating == [LayerRepetition(first: 0, period: 2, count: 18)])
    #expect(alternating[0].countedLayers == 4..<36)
    let mixed = try #require(LlamaConfiguration.preset("deepseek-v3")).layerRepetitions
    #expect(mixed.flatMap { Array($0.layers) } == Array(0..<61))
    #expect(mixed.last == LayerRepetition(first: 3, period: 1, count: 58))
    for values in [[1, 2, 3], [1, 1], [1, 2, 1, 2, 1, 2, 3], []] {
      #expect(LayerRepetition.repetitions(in: values).flatMap { Array($0.layers) } == Array(values.indices))
    }
  }
}
