import Quantities
import Tensors
import Testing

@testable import Models

@Suite("Llama runs over a divided sequence")
struct SequenceRunTests {
  @Test("Keys and values everywhere, all else once", arguments: [false, true], [[1.0, 1, 1], [4, 2, 1], [1, 2, 4]])
  func sequence(overlapped: Bool, speeds: [Double]) async throws {
    let configuration = try tinyConfiguration(layers: 3)
    let workload = try LlamaWorkload(promptLength: 11, generatedTokenCount: 4)
    let run = try await ClusterRun.run(
      configuration, .sequence(degree: 3, overlapped: overlapped), workload, speeds: speeds)
    let expected = ExpectedFLOPs(configuration: configuration, workload: workload)
    let redundant =
      2.0 * 2 * 11 * Double(configuration.layerCount * configuration.hiddenSize * 2 * 4 * configuration.headSize)
    #expect(run.flops(.linear) == expected.linear + redundant)
    #expect(run.flops(.attention) == expected.attention)

    let generator = speeds == [4, 2, 1] ? 0 : 2
    let rowBytes = configuration.hiddenSize * 2
    let shares = apportion(11, by: speeds)
    // 4, 4 and 3 positions are padded to 4.
    let padded = shares == [4, 4, 3] ? [4, 4, 4] : shares
    for rank in 0..<3 {
      let gathers = run.calls.filter { $0.operation == "allGather" && $0.worldRank == rank }
      #expect(gathers.map(\.byteCount) == Array(repeating: padded[rank] * rowBytes, count: 2))
      #expect(run.weightBytes(rank: rank) == configuration.parameterCount * 2)
      #expect(run.outcomes[rank].tokenTimes.count == (rank == generator ? 4 : 0))
      let cache = rank == generator ? configuration.keyValueCacheByteCount(positionCount: 14) : 0
      #expect(run.bytes("key-value cache", rank: rank) == cache)
      #expect(run.devices[rank].liveBytes == 0)
    }
    #expect(run.callCount("send", rank: 2) == (generator == 2 ? 0 : 1))
    // Every generated token after the prompt is computed by the generator alone.
    #expect(run.calls.count == 3 * 2 + (generator == 2 ? 0 : 1))
  }

  @Test("Overlapping computes the same queries, and normalizes own rows twice")
  func overlap() async throws {
    let configuration = try tinyConfiguration(layers: 3)
    let workload = try LlamaWorkload(promptLength: 8, generatedTokenCount: 1)
    let plain = try await ClusterRun.run(
      configuration, .sequence(degree: 2, overlapped: false), workload, speeds: [1, 1])
    let overlapped = try await ClusterRun.run(
      configuration, .sequence(degree: 2, overlapped: true), workload, speeds: [1, 1])
    #expect(plain.flops(.linear) == overlapped.flops(.linear))
    for rank in 0..<2 {
      let counts = (plain.devices[rank].counts[.rmsNorm] ?? 0, overlapped.devices[rank].counts[.rmsNorm] ?? 0)
      #expect(counts.1 == counts.0 + 2)
    }
  }

  @Test("Batched rows are put in order after gathering")
  func batch() async throws {
    let configuration = try tinyConfiguration(layers: 3)
    let workload = try LlamaWorkload(batchSize: 2, promptLength: 8, generatedTokenCount: 2)
    let run = try await ClusterRun.run(
      configuration, .sequence(degree: 2, overlapped: true), workload, speeds: [1, 1])
    #expect(run.devices.map { $0.counts[.concatenate] } == [2, 2])
    #expect(run.flops(.attention) == ExpectedFLOPs(configuration: configuration, workload: workload).attention)
  }

  @Test("One device gathers nothing")
  func alone() async throws {
    let configuration = try tinyConfiguration()
    let workload = try LlamaWorkload(promptLength: 8, generatedTokenCount: 2)
    let run = try await ClusterRun.run(
      configuration, .sequence(degree: 1, overlapped: true), workload, speeds: [1])
    #expect(run.calls.isEmpty)
    #expect(run.flops(.linear) == ExpectedFLOPs(configuration: configuration, workload: workload).linear)
  }

  @Test("Only the overlapped form computes queries before the others' rows are there", arguments: [false, true])
  func overlapsBeforeWaiting(overlapped: Bool) async throws {
    let program = try LlamaProgram(
      configuration: tinyConfiguration(layers: 2), strategy: .sequence(degree: 2, overlapped: overlapped),
      workload: LlamaWorkload(promptLength: 8, generatedTokenCount: 1), speeds: [1, 1])
    let world = InProcessWorld(size: 2)
    let accounts = [CountingAccounting(capacity: .max), CountingAccounting(capacity: .max)]
    @Sendable func run(_ rank: Int) async throws {
      let context = ModelContext(
        device: ShapeDevice(accounting: accounts[rank]), communicator: world.communicator(rank: rank), now: { .zero })
      _ = try await program.run(in: context)
    }
    async let first: Void = run(0)
    while world.waitingCount == 0 { await Task.yield() }
    // Queries, keys, values, output, gate, up and down of layer 0; then, overlapped, queries of layer 1.
    #expect(accounts[0].state.counts[.linear] == (overlapped ? 8 : 7))
    async let second: Void = run(1)
    _ = try await (first, second)
    #expect(accounts[0].state.counts[.linear] == 14)
  }
}
