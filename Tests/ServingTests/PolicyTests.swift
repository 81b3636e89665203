import Models
import SimulationKernel
import Testing

@testable import Serving

@Suite("Engines' schedulers")
struct PolicyTests {
  private func request(_ id: Int, _ prompt: Int, _ output: Int, prefix: PromptPrefix? = nil) -> ServingRequest {
    ServingRequest(id: id, arrival: .zero, promptLength: prompt, outputLength: output, prefix: prefix)
  }

  private func scheduler(
    _ policy: SchedulerSettings.Policy, blocks: Int = 1000, _ change: (inout SchedulerSettings) -> Void = { _ in }
  ) -> Scheduler {
    var settings = SchedulerSettings(policy)
    settings.watermark = 0
    change(&settings)
    return Scheduler(settings, blockCount: blocks)
  }

  private struct NothingToCompute: Error {}

  private func next(_ scheduler: inout Scheduler) throws -> PlannedIteration {
    guard let iteration = scheduler.nextBatch() else { throw NothingToCompute() }
    return iteration
  }

  private func expectEnd(
    _ scheduler: inout Scheduler, tokens: [Int]? = nil, finished: [Int]? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let outcome = scheduler.completeIteration()
    #expect(tokens == nil || outcome.tokens == tokens, sourceLocation: sourceLocation)
    #expect(finished == nil || outcome.finished == finished, sourceLocation: sourceLocation)
  }

  private func chunks(_ sizes: (length: Int, context: Int, count: Int)...) -> [BatchShape.Chunks] {
    sizes.map { BatchShape.Chunks(length: $0.length, context: $0.context, count: $0.count) }
  }

  @Test("vLLM decodes first and fills the budget with chunks of prompts")
  func vllmChunks() throws {
    var scheduler = scheduler(.vllm) { $0.maximumBatchedTokens = 100 }
    scheduler.add(request(0, 70, 3))
    scheduler.add(request(1, 70, 3))

    let first = try next(&scheduler)
    #expect(first.shape.chunks == chunks((30, 0, 1), (70, 0, 1)) && first.shape.decodingCount == 0)
    expectEnd(&scheduler, tokens: [0])

    let second = try next(&scheduler)
    #expect(second.shape.decodingCount == 1 && second.shape.decodingContext == 80)
    #expect(second.shape.chunks == chunks((40, 30, 1)))
    expectEnd(&scheduler, tokens: [0, 1])

    let third = try next(&scheduler)
    // Five blocks of each.
    #expect(third.shape.decodingCount == 2 && third.shape.decodingContext == 80)
    expectEnd(&scheduler, finished: [0])
    _ = try next(&scheduler)
    expectEnd(&scheduler, finished: [1])
    let none = scheduler.nextBatch()
    #expect(none == nil)
  }

  @Test("a scheduler that looks for requests at intervals finds those that came meanwhile, after prompts at once")
  func receiveInterval() throws {
    var scheduler = scheduler(.sglang) { $0.receiveInterval = 3 }
    scheduler.add(request(0, 10, 20))
    #expect(try next(&scheduler).shape.chunks == chunks((10, 0, 1)))
    expectEnd(&scheduler)
    scheduler.add(request(1, 11, 20))
    #expect(try next(&scheduler).shape.chunks == chunks((11, 0, 1)))
    expectEnd(&scheduler)
    #expect(try next(&scheduler).shape.decodingCount == 2)
    expectEnd(&scheduler)
    scheduler.add(request(2, 12, 20))
    #expect(scheduler.requestCount == 3)
    for _ in 0..<2 {
      #expect(try next(&scheduler).shape.decodingCount == 2)
      expectEnd(&scheduler)
    }
    #expect(try next(&scheduler).shape.chunks == chunks((12, 0, 1)))
  }

  @Test("without chunked prefill a prompt waits until it fits into the budget")
  func wholePrompts() throws {
    var scheduler = scheduler(.vllm) {
      $0.maximumBatchedTokens = 100
      $0.chunksPrompts = false
    }
    scheduler.add(request(0, 70, 2))
    scheduler.add(request(1, 70, 2))

    let batch1 = try next(&scheduler)
    #expect(batch1.shape.chunks == chunks((70, 0, 1)))
    _ = scheduler.completeIteration()
    let second = try next(&scheduler)
    #expect(second.shape.chunks == chunks((70, 0, 1)) && second.shape.decodingCount == 1)
    #expect(scheduler.obstacle(to: request(2, 101, 1), maximumLength: 4096) != nil)
  }

  @Test("where blocks run out, vLLM takes those of the sequence admitted last, which is computed again")
  func vllmPreempts() throws {
    var scheduler = scheduler(.vllm, blocks: 4) {
      $0.blockSize = 4
      $0.cachesPrefixes = false
    }
    scheduler.add(request(0, 7, 6))
    scheduler.add(request(1, 7, 6))
    _ = scheduler.nextBatch()
    _ = scheduler.completeIteration()
    _ = scheduler.nextBatch()
    _ = scheduler.completeIteration()

    // Both have filled their two blocks.
    let third = try next(&scheduler)
    #expect(third.requests == [0] && scheduler.state.waiting.map(\.id) == [1])
    #expect(scheduler.state.preemptionCount == 1 && scheduler.state.waiting[0].computedCount == 0)
    var finished: [Int] = []
    var batches: [BatchShape] = []
    repeat {
      finished += scheduler.completeIteration().finished
      if let batch = scheduler.nextBatch() { batches.append(batch.shape) } else { break }
    } while batches.count < 100
    #expect(finished == [0, 1])
    // Its prompt and the two tokens that it had generated.
    #expect(batches.contains { $0.chunks == chunks((9, 0, 1)) })
  }

  @Test("SGLang computes prompts before it decodes, in iterations of their own")
  func sglangPrompts() throws {
    var scheduler = scheduler(.sglang) { $0.maximumBatchedTokens = 100 }
    scheduler.add(request(0, 70, 3))
    scheduler.add(request(1, 70, 3))

    let batch2 = try next(&scheduler)
    #expect(batch2.shape.chunks == chunks((30, 0, 1), (70, 0, 1)))
    _ = scheduler.completeIteration()
    let second = try next(&scheduler)
    #expect(second.shape.chunks == chunks((40, 30, 1)) && second.shape.decodingCount == 0)
    _ = scheduler.completeIteration()
    let third = try next(&scheduler)
    #expect(third.shape.chunks.isEmpty && third.shape.decodingCount == 2)
  }

  @Test("SGLang takes the blocks of the sequence that has generated least")
  func sglangRetracts() throws {
    var scheduler = scheduler(.sglang, blocks: 10) {
      $0.blockSize = 1
      $0.cachesPrefixes = false
    }
    scheduler.add(request(0, 3, 6))
    _ = scheduler.nextBatch()
    _ = scheduler.completeIteration()
    _ = scheduler.nextBatch()
    _ = scheduler.completeIteration()
    // 0.7 of its four missing tokens and the other one's are expected to fit.
    scheduler.add(request(1, 2, 1))
    scheduler.add(request(2, 1, 2))
    var order: [Int] = []
    for _ in 0..<50 {
      guard scheduler.nextBatch() != nil else { break }
      order += scheduler.completeIteration().finished
    }
    #expect(Set(order) == [0, 1, 2] && order.count == 3)
  }

  @Test("TensorRT-LLM admits a request only with blocks for all of its output, and never takes any back")
  func tensorRTReserves() throws {
    var scheduler = scheduler(.tensorRTLLM, blocks: 8) {
      $0.blockSize = 4
      $0.cachesPrefixes = false
    }
    scheduler.add(request(0, 7, 10))
    scheduler.add(request(1, 7, 10))
    scheduler.add(request(2, 7, 10))

    // 16 positions each are four blocks.
    let batch3 = try next(&scheduler)
    #expect(batch3.requests == [0, 1])
    #expect(scheduler.state.pool.freeCount == 0)
    var finished: [Int] = []
    for _ in 0..<100 {
      finished += scheduler.completeIteration().finished
      if scheduler.nextBatch() == nil { break }
    }
    #expect(finished == [0, 1, 2] && scheduler.state.preemptionCount == 0)
  }

  @Test("a prompt that begins as another one uses its blocks, but for the last token")
  func prefixCache() throws {
    var scheduler = scheduler(.vllm) { $0.blockSize = 16 }
    let prefix = PromptPrefix(pieceLength: 32, pieces: [7, 8])
    scheduler.add(request(0, 64, 1, prefix: prefix))
    let batch4 = try next(&scheduler)
    #expect(batch4.shape.chunks == chunks((64, 0, 1)))
    _ = scheduler.completeIteration()
    #expect(scheduler.state.pool.usedCount == 0)

    // The same prompt, one with another second piece, and one of the same pieces in another order.
    scheduler.add(request(1, 64, 1, prefix: prefix))
    scheduler.add(request(2, 100, 1, prefix: PromptPrefix(pieceLength: 32, pieces: [7, 9])))
    scheduler.add(request(3, 64, 1, prefix: PromptPrefix(pieceLength: 32, pieces: [8, 7])))
    let batch = try next(&scheduler)

    #expect(batch.shape.chunks == chunks((16, 48, 1), (64, 0, 1), (68, 32, 1)))
    #expect(scheduler.state.running.map(\.cachedCount) == [48, 32, 0])
    #expect(scheduler.state.prefixTokens.found == 80)
  }

  @Test("the watermark keeps blocks free for those that run")
  func watermark() throws {
    var scheduler = scheduler(.vllm, blocks: 10) {
      $0.blockSize = 10
      $0.watermark = 0.3
    }
    scheduler.add(request(0, 40, 5))
    scheduler.add(request(1, 40, 5))

    let batch5 = try next(&scheduler)
    #expect(batch5.requests == [0])
    #expect(scheduler.state.waiting.map(\.id) == [1])
  }

  @Test("routers choose by turn, by load, and by what prefix caches hold")
  func routers() {
    var replicas = [scheduler(.vllm), scheduler(.vllm), scheduler(.vllm)]
    let prefix = PromptPrefix(pieceLength: 32, pieces: [1])
    replicas[1].add(request(0, 64, 1, prefix: prefix))
    replicas[2].add(request(1, 64, 1))
    _ = replicas[1].nextBatch()
    _ = replicas[1].completeIteration()
    replicas[1].add(request(2, 64, 1))
    let next = request(3, 64, 1, prefix: prefix)

    var turns = Router(.roundRobin, seed: 0)
    let chosen = (0..<4).map { _ in turns.replica(for: next, among: replicas) }
    #expect(chosen == [0, 1, 2, 0])
    var least = Router(.leastLoaded, seed: 0)
    let first = least.replica(for: next, among: replicas)
    #expect(first == 0)
    var aware = Router(.prefixAware, seed: 0)
    let known = aware.replica(for: next, among: replicas)
    let unknown = aware.replica(for: request(4, 64, 1), among: replicas)
    #expect(known == 1 && unknown == 0)
    // Too many requests wait there.
    for id in 10..<50 { replicas[1].add(request(id, 1, 1)) }
    let uneven = aware.replica(for: next, among: replicas)
    #expect(uneven == 0)
    var random = Router(.random, seed: 0)
    let any = Set((0..<100).map { _ in random.replica(for: next, among: replicas) })
    #expect(any == [0, 1, 2])
  }
}
