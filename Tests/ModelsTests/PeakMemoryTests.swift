import Testing

@testable import Models

@Suite("Peak memory")
struct PeakMemoryTests {
  private func peaks(_ text: String) async throws -> [Int] {
    let strategy = try ParallelStrategy(parsing: text)
    let workload = try LlamaWorkload(batchSize: 2, promptLength: 40, generatedTokenCount: 3)
    let run = try await ClusterRun.run(
      tinyConfiguration(), strategy, workload, speeds: Array(repeating: 1, count: strategy.deviceCount))
    return run.devices.map(\.peakBytes)
  }

  @Test("One device peaks in the prompt's feed-forward")
  func singleDevice() async throws {
    let configuration = try tinyConfiguration()
    let rows = 2 * 40 * 2
    // The layer's input, its sum with attention and its norm; gate and up and their product.
    let activations = rows * (3 * configuration.hiddenSize + 3 * configuration.intermediateSize)
    let kept =
      configuration.parameterCount * 2 + configuration.keyValueCacheByteCount(positionCount: 42, batchSize: 2)
    #expect(try await peaks("single") == [kept + activations])
  }

  /// Lifetimes of tensors end where the code says, not where an optimizer likes: debug and release builds agree.
  @Test(
    "Peaks do not depend on the build",
    arguments: [
      ("tensor=2", [197_472, 197_280]), ("pipeline=2,microbatches=2", [189_224, 189_312]),
      ("sequence=2", [302_112, 334_368]), ("sequence=2,overlap", [302_112, 334_368]),
    ])
  func pinned(text: String, expected: [Int]) async throws {
    #expect(try await peaks(text) == expected)
  }
}
