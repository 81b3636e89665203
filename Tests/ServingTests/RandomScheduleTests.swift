import Models
import SimulationKernel
import TestSupport
import Testing

@testable import Serving

/// Whatever requests come, and however little memory there is.
@Suite("Schedules of any load")
struct RandomScheduleTests {
  private struct Case {
    var settings: SchedulerSettings
    var blockCounts: [Int]
    var router: Router.Policy
    var load: RequestLoad
    var iterationTime: Double

    init(seed: UInt64) throws {
      var random = RandomStream(seed: seed, stream: 99)
      func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
      settings = SchedulerSettings(SchedulerSettings.Policy.allCases[number(0...2)])
      settings.maximumBatchedTokens = number(4...80)
      settings.maximumSequences = number(1...9)
      settings.chunksPrompts = number(0...2) > 0
      settings.blockSize = [1, 2, 4, 16][number(0...3)]
      settings.cachesPrefixes = number(0...1) == 0
      settings.watermark = [0, 0.01, 0.2][number(0...2)]
      blockCounts = (0..<number(1...3)).map { _ in number(1...90) }
      router = Router.Policy.allCases[number(0...3)]
      iterationTime = [0.001, 0.1, 3][number(0...2)]
      let arrivals: [ArrivalProcess] = [
        .poisson(rate: 1), .gamma(rate: 2, variation: 3), .constant(rate: 1),
        .burst(size: number(1...9), interval: .seconds(4)), .closedLoop(concurrency: number(1...12)),
      ]
      load = RequestLoad(
        arrivals: arrivals[number(0...4)], requestCount: number(1...40),
        prompt: number(0...1) == 0 ? .uniform(1...60) : .lognormal(median: 20, p95: 100), output: .uniform(1...30))
      if number(0...1) == 0 {
        load.sharedPrefix = RequestLoad.SharedPrefix(tokens: number(1...40), groups: number(1...3))
      }
    }
  }

  @Test("serve every request once, and blocks always add up")
  func conservation() throws {
    for seed in Mutations.rounds(1000) {
      let random = try Case(seed: seed)
      var serving = try SyntheticServing(
        random.settings, blockCounts: random.blockCounts, router: random.router, load: random.load,
        maximumLength: 4096, seed: seed
      ) { random.iterationTime * (1 + 0.01 * Double($0.tokenCount)) }
      serving.check = { check($0, random.settings, seed) }

      do { try serving.run(atMost: 200_000) } catch {
        Issue.record("seed \(seed): \(error)")
        continue
      }

      let account = serving.system.account
      let served = account.records.compactMap(\.self)
      #expect(served.count + account.refused.count == random.load.requestCount, "seed \(seed)")
      #expect(account.servedCount == served.count, "seed \(seed)")
      for record in served {
        // A token served twice or lost would show here.
        #expect(record.tokenCount == record.outputLength && record.end != nil, "seed \(seed): \(record)")
        #expect(record.arrival <= record.start! && record.start! < record.firstToken!, "seed \(seed): \(record)")
        #expect(record.firstToken! <= record.end!, "seed \(seed): \(record)")
      }
      for replica in serving.system.replicas {
        #expect(replica.requestCount == 0 && replica.state.pool.usedCount == 0, "seed \(seed)")
      }
    }
  }

  /// What is wrong is recorded once for a state.
  private func check(_ system: ServingSystem, _ settings: SchedulerSettings, _ seed: UInt64) {
    for (number, replica) in system.replicas.enumerated() {
      if let fault = fault(of: replica.state, settings) { Issue.record("seed \(seed): \(fault)") }
      if replica.requestCount > 0, !system.isBusy(number) { Issue.record("seed \(seed): idle with work") }
    }
  }

  private func fault(of state: EngineState, _ settings: SchedulerSettings) -> String? {
    guard state.pool.addsUp else { return "blocks do not add up" }
    let used = Set(state.running.flatMap(\.blocks))
    let counted = state.pool.usedCount
    guard used.count == counted else { return "\(used.count) blocks used, \(counted) counted" }
    guard state.running.count <= settings.maximumSequences else { return "\(state.running.count) sequences run" }
    for sequence in state.running {
      let positions = sequence.blocks.count * settings.blockSize
      guard positions >= sequence.computedCount + sequence.scheduledCount else { return "no blocks: \(sequence)" }
      guard Set(sequence.blocks).count == sequence.blocks.count else { return "a block twice: \(sequence)" }
    }
    // SGLang decodes all, and computes a prompt that may not be cut alone.
    let mayExceed = settings.policy == .sglang && (!settings.chunksPrompts || state.running.allSatisfy(\.isDecoding))
    let scheduled = state.running.reduce(0) { $0 + $1.scheduledCount }
    return mayExceed || scheduled <= settings.maximumBatchedTokens ? nil : "\(scheduled) tokens in a batch"
  }

  @Test("are the same for the same seed, and others for another one")
  func determinism() throws {
    func records(_ seed: UInt64) throws -> [RequestRecord?] {
      let random = try Case(seed: 4)
      var load = random.load
      load.arrivals = .poisson(rate: 3)
      load.requestCount = 50
      var serving = try SyntheticServing(SchedulerSettings(.vllm), blockCounts: [4096, 4096], load: load, seed: seed) {
        _ in 0.01
      }
      try serving.run()
      return serving.system.account.records
    }

    #expect(try records(1) == records(1))
    #expect(try records(1) != records(2))
  }
}
