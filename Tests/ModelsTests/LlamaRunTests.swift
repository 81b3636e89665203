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

  @Test("Tied embeddings and biases")
  func tiedAndBiased() async throws {
    let configuration = try tinyConfiguration(tied: true, biased: true)
    let workload = try LlamaWorkload(promptLength: 4, generatedTokenCount: 2)
    let run = try await ClusterRun.run(configuration, .single, workload, speeds: [1])
    #expect(run.weightBytes(rank: 0) == configuration.parameterCount * 2)
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
