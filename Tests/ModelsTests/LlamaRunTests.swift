import Quantities
import Tensors
import Testing

@testable import Models

@Suite("Llama runs")
struct LlamaRunTests {
  @Test("One device computes what the closed formulas say")
  func singleDevice() async throws {
    let configuration = try tinyConfiguration()
    let workload = try LlamaWorkload(batchSize: 2, promptLength: 7, generatedTokenCount: 5)
    let run = try await ClusterRun.run(configuration, .single, workload, speeds: [1])
    let expected = ExpectedFLOPs(configuration: configuration, workload: workload)
    #expect(run.flops(.linear) == expected.linear)
    #expect(run.flops(.attention) == expected.attention)
    #expect(run.weightBytes(rank: 0) == configuration.parameterCount * 2)
    #expect(
      run.bytes("key-value cache", rank: 0)
        == configuration.keyValueCacheByteCount(positionCount: 7 + 4, batchSize: 2))
    #expect(run.outcomes[0].tokenTimes.count == 5)
    #expect(run.outcomes[0].tokenCount == 10)
    #expect(run.calls.isEmpty)
    #expect(run.devices[0].liveBytes == 0)
  }

  @Test(
    "A generated token takes two FLOPs for each parameter that multiplies, within 1%",
    arguments: ["llama-3.1-8b", "llama-3.1-70b", "llama-2-7b", "smollm2-135m"])
  func denseFLOPsPerToken(id: String) async throws {
    let configuration = try #require(LlamaConfiguration.preset(id))
    let short = try LlamaWorkload(promptLength: 3, generatedTokenCount: 1)
    let long = try LlamaWorkload(promptLength: 3, generatedTokenCount: 2)
    let first = try await ClusterRun.run(configuration, .single, short, speeds: [1]).flops(.linear)
    let both = try await ClusterRun.run(configuration, .single, long, speeds: [1]).flops(.linear)
    let lookedUp = configuration.tiesEmbeddings ? 0 : configuration.embeddingParameterCount
    let ratio = (both - first) / (2 * Double(configuration.parameterCount - lookedUp))
    #expect(abs(ratio - 1) < 0.01)
  }

  @Test("a vocabulary that is not divided is whole on each device, with no message for it", arguments: [false, true])
  func undividedVocabulary(tied: Bool) async throws {
    let divided = try tinyConfiguration(tied: tied)
    var whole = divided
    whole.dividesVocabulary = false
    let workload = try LlamaWorkload(promptLength: 7, generatedTokenCount: 5)
    let runs = (
      try await ClusterRun.run(divided, .tensor(4), workload, speeds: [1, 1, 1, 1]),
      try await ClusterRun.run(whole, .tensor(4), workload, speeds: [1, 1, 1, 1])
    )
    let table = divided.vocabularySize * divided.hiddenSize
    // Three more shares of the output's products on four devices together, for each token's row.
    #expect(runs.1.flops(.linear) - runs.0.flops(.linear) == 5 * 3 * 2 * Double(table))
    let tables = tied ? 1 : 2
    for rank in 0..<4 {
      let share = apportion(divided.vocabularySize, by: [1, 1, 1, 1])[rank] * divided.hiddenSize
      #expect(runs.1.weightBytes(rank: rank) - runs.0.weightBytes(rank: rank) == 2 * tables * (table - share))
      // Two all-reduces for each layer and pass are left.
      let calls = runs.1.calls.filter { $0.worldRank == rank }
      #expect(calls.allSatisfy { $0.operation == "allReduce" } && calls.count == 5 * 2 * divided.layerCount)
      #expect(runs.1.outcomes[rank].tokenTimes.count == runs.0.outcomes[rank].tokenTimes.count)
    }
  }

  @Test("Tied embeddings and biases")
  func tiedAndBiased() async throws {
    let configuration = try tinyConfiguration(tied: true, biased: true)
    let workload = try LlamaWorkload(promptLength: 4, generatedTokenCount: 2)
    let run = try await ClusterRun.run(configuration, .single, workload, speeds: [1])
    #expect(run.weightBytes(rank: 0) == configuration.parameterCount * 2)
  }

  @Test("learned positions and a norm of embeddings are parameters, and are added once in each pass")
  func otherPositions() async throws {
    func run(_ change: (inout DecoderVariant) -> Void) async throws -> (ClusterRun, LlamaConfiguration) {
      var variant = DecoderVariant.llama
      change(&variant)
      let configuration = try LlamaConfiguration(
        name: "tiny", hiddenSize: 48, intermediateSize: 120, layerCount: 2, headCount: 8, vocabularySize: 331,
        maximumPositionCount: 64, variant: variant)
      let workload = try LlamaWorkload(batchSize: 2, promptLength: 7, generatedTokenCount: 5)
      return (try await ClusterRun.run(configuration, .pipeline(2), workload, speeds: [1, 1]), configuration)
    }
    let (rotary, _) = try await run { _ in }
    let (learned, configuration) = try await run {
      $0.positions = .learned
      $0.normalizesEmbeddings = true
    }
    let weights = learned.weightBytes(rank: 0) + learned.weightBytes(rank: 1)
    #expect(weights == configuration.parameterCount * 2)
    #expect(learned.devices[0].counts[.rotaryEmbedding] == nil)
    #expect(learned.devices[0].counts[.add] == rotary.devices[0].counts[.add].map { $0 + 5 })
    #expect(learned.devices[0].counts[.rmsNorm] == rotary.devices[0].counts[.rmsNorm].map { $0 + 5 })
    let (alibi, _) = try await run { $0.positions = .alibi }
    #expect(alibi.devices[0].counts[.rotaryEmbedding] == nil)
    #expect(alibi.devices[0].counts[.add] == rotary.devices[0].counts[.add])
  }

  @Test("Partial results travel as distributed-llama sends them: all of them to all, in 34 bytes for 32 elements")
  func quantizedSums() async throws {
    var configuration = try LlamaConfiguration(
      name: "tiny", hiddenSize: 64, intermediateSize: 128, layerCount: 3, headCount: 8, vocabularySize: 331,
      maximumPositionCount: 64, elementType: .float32
    ).quantized(Quantization(named: "q40"))
    let workload = try LlamaWorkload(promptLength: 5, generatedTokenCount: 3)
    let run = try await ClusterRun.run(configuration, .tensor(2), workload, speeds: [1, 1])
    // The embedding's rows are summed as they are, logits are gathered.
    #expect(run.callCount("allReduce", rank: 0) == 3)
    #expect(run.callCount("allGather", rank: 0) == 3 * (2 * 3 + 1))
    let sums = run.calls.filter { $0.operation == "allGather" && $0.worldRank == 0 }.map(\.byteCount)
    #expect(sums.prefix(6) == [Int](repeating: 5 * 68, count: 6)[...])
    #expect(run.flops(.cast) == 2 * 3 * Double(6 * 64 * (5 + 1 + 1)))
    configuration.sumFormat = nil
    let plain = try await ClusterRun.run(configuration, .tensor(2), workload, speeds: [1, 1])
    #expect(plain.callCount("allReduce", rank: 0) == 3 * (2 * 3 + 1))
  }

  @Test("Out of memory comes before any computing and names what did not fit")
  func outOfMemory() async throws {
    let configuration = try tinyConfiguration()
    let workload = try LlamaWorkload(promptLength: 7, generatedTokenCount: 5)
    let capacity = configuration.parameterCount * 2 + 100
    await #expect(throws: CountingAccounting.OutOfMemory(label: "key-value cache", chargedOperations: 0)) {
      try await ClusterRun.run(configuration, .single, workload, speeds: [1], capacity: capacity)
    }
  }

  @Test("Tensor parallel: same FLOPs in sum, two all-reduces a layer", arguments: [[1.0, 1], [1, 1, 1, 1], [3, 1]])
  func tensorParallel(speeds: [Double]) async throws {
    let configuration = try tinyConfiguration(biased: true)
    let workload = try LlamaWorkload(batchSize: 2, promptLength: 7, generatedTokenCount: 3)
    let alone = try await ClusterRun.run(configuration, .single, workload, speeds: [1])
    let run = try await ClusterRun.run(configuration, .tensor(speeds.count), workload, speeds: speeds)
    let biasAdditions = 2.0 * Double(configuration.layerCount * configuration.hiddenSize * 2 * 9)
    // On one device row-parallel layers add their bias within the multiplication.
    #expect(run.flops(.linear) == alone.flops(.linear) - biasAdditions)
    #expect(run.flops(.attention) == alone.flops(.attention))
    for rank in speeds.indices {
      #expect(run.callCount("allReduce", rank: rank) == 3 * (1 + 2 * configuration.layerCount))
      #expect(run.callCount("allGather", rank: rank) == 3)
      #expect(run.outcomes[rank].tokenTimes.count == 3)
      #expect(run.devices[rank].liveBytes == 0)
    }
    let hidden = configuration.hiddenSize * 2 * 2
    #expect(
      run.calls.filter { $0.operation == "allReduce" }.allSatisfy { [hidden, 7 * hidden].contains($0.byteCount) })
    let logits = run.calls.filter { $0.operation == "allGather" }.map(\.byteCount).reduce(0, +)
    #expect(logits == 3 * 2 * 2 * configuration.vocabularySize)
  }

  @Test("Key-value heads fewer than devices are held by several")
  func replicatedKeyValueHeads() async throws {
    let configuration = try tinyConfiguration(keyValueHeads: 2)
    let workload = try LlamaWorkload(promptLength: 7, generatedTokenCount: 3)
    let run = try await ClusterRun.run(configuration, .tensor(4), workload, speeds: [1, 1, 1, 1])
    let whole = configuration.keyValueCacheByteCount(positionCount: 9)
    for rank in 0..<4 { #expect(run.bytes("key-value cache", rank: rank) == whole / 2) }
    let expected = ExpectedFLOPs(configuration: configuration, workload: workload)
    #expect(run.flops(.attention) == expected.attention)
    let extra = 2.0 * 9 * Double(configuration.layerCount * configuration.hiddenSize * 2 * 2 * configuration.headSize)
    #expect(run.flops(.linear) == expected.linear + extra)
  }
}
