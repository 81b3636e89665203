import Quantities
import Tensors
import Testing

@testable import Models

@Suite("Llama runs in stages")
struct PipelineRunTests {
  @Test("Stages send activations forward and tokens back", arguments: [1, 2, 4])
  func pipeline(microbatches: Int) async throws {
    let configuration = try tinyConfiguration(layers: 5)
    let workload = try LlamaWorkload(batchSize: 4, promptLength: 7, generatedTokenCount: 3)
    let run = try await ClusterRun.run(
      configuration, .pipeline(3, microbatches: microbatches), workload, speeds: [1, 1, 1])
    let expected = ExpectedFLOPs(configuration: configuration, workload: workload)
    #expect(run.flops(.linear) == expected.linear)
    #expect(run.flops(.attention) == expected.attention)
    #expect((0..<3).map { run.weightBytes(rank: $0) }.reduce(0, +) == configuration.parameterCount * 2)
    let cacheBytes = (0..<3).map { run.bytes("key-value cache", rank: $0) }.reduce(0, +)
    #expect(cacheBytes == configuration.keyValueCacheByteCount(positionCount: 9, batchSize: 4))
    #expect(run.callCount("send", rank: 0) == 3 * microbatches)
    #expect(run.callCount("send", rank: 1) == 3 * microbatches)
    #expect(run.callCount("send", rank: 2) == 2 * microbatches)
    #expect(run.outcomes.map(\.tokenTimes.count) == [0, 0, 3])
    #expect(run.devices.allSatisfy { $0.liveBytes == 0 })
    let forward = run.calls.filter { $0.worldRank == 0 }.map(\.byteCount).reduce(0, +)
    #expect(forward == 4 * (7 + 2) * configuration.hiddenSize * 2)
    let back = run.calls.filter { $0.worldRank == 2 }.map(\.byteCount).reduce(0, +)
    #expect(back == 4 * 2 * 8)
  }

  @Test("A model that ties its embeddings holds the table at both ends")
  func tiedPipeline() async throws {
    let configuration = try tinyConfiguration(tied: true)
    let workload = try LlamaWorkload(promptLength: 4, generatedTokenCount: 2)
    let run = try await ClusterRun.run(configuration, .pipeline(2), workload, speeds: [1, 1])
    let total = run.weightBytes(rank: 0) + run.weightBytes(rank: 1)
    #expect(total == (configuration.parameterCount + configuration.embeddingParameterCount) * 2)
  }

  @Test("Tensor parallel stages")
  func grid() async throws {
    let configuration = try tinyConfiguration()
    let workload = try LlamaWorkload(batchSize: 2, promptLength: 7, generatedTokenCount: 3)
    let strategy = ParallelStrategy.grid(tensor: 2, pipeline: 2, microbatches: 2)
    let run = try await ClusterRun.run(configuration, strategy, workload, speeds: [1, 2, 1, 1])
    let expected = ExpectedFLOPs(configuration: configuration, workload: workload)
    #expect(run.flops(.linear) == expected.linear)
    #expect(run.flops(.attention) == expected.attention)
    let program = try LlamaProgram(
      configuration: configuration, strategy: strategy, workload: workload, speeds: [1, 2, 1, 1])
    guard case .grid(let plan) = program.plan else {
      Issue.record("a grid strategy gives a grid plan")
      return
    }
    for rank in 0..<4 {
      let layers = plan.stageLayers[rank / 2].count
      let embeddings = rank < 2 ? 6 : 0
      #expect(run.callCount("allReduce", rank: rank) == 6 * 2 * layers + embeddings)
      #expect(run.callCount("allGather", rank: rank) == (rank < 2 ? 0 : 6))
      #expect(run.callCount("send", rank: rank) == (rank < 2 ? 6 : 4))
    }
    #expect(Set(run.calls.map(\.group)) == ["world", "tensor of stage 0", "tensor of stage 1"])
  }

  @Test("Devices beyond the strategy's idle")
  func idleDevices() async throws {
    let configuration = try tinyConfiguration()
    let workload = try LlamaWorkload(promptLength: 7, generatedTokenCount: 3)
    for strategy in [ParallelStrategy.single, .tensor(2), .pipeline(2), .sequence(degree: 2, overlapped: true)] {
      let run = try await ClusterRun.run(configuration, strategy, workload, speeds: [1, 1, 1, 1])
      for rank in strategy.deviceCount..<4 {
        #expect(run.devices[rank].operationCount == 0 && run.devices[rank].allocatedBytes.isEmpty)
        #expect(run.outcomes[rank].timeToFirstToken == nil)
      }
    }
  }
}
