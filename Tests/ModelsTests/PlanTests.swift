import Testing

@testable import Models

@Suite("Shares, stages and positions")
struct PlanTests {
  @Test("Apportionment: sums up, keeps quotas, leaves nobody out")
  func apportionment() {
    #expect(apportion(8, by: [1, 1, 1]) == [3, 3, 2])
    #expect(apportion(10, by: [3, 1]) == [8, 2])
    #expect(apportion(4, by: [100, 1, 1]) == [2, 1, 1])
    for seed in 0..<500 {
      var random = SplitMix64(state: UInt64(seed))
      let weights = (0..<Int.random(in: 1...12, using: &random)).map { _ in
        Double.random(in: 0.1...10, using: &random)
      }
      let total = Int.random(in: weights.count...400, using: &random)
      let parts = apportion(total, by: weights)
      #expect(parts.reduce(0, +) == total, "seed \(seed)")
      #expect(parts.allSatisfy { $0 > 0 }, "seed \(seed)")
      let quotas = weights.map { Double(total) * $0 / weights.reduce(0, +) }
      if quotas.allSatisfy({ $0 >= 1 }) {
        #expect(zip(parts, quotas).allSatisfy { abs(Double($0) - $1) < 1 }, "seed \(seed)")
      }
    }
  }

  /// The best time of the slowest stage, by trying every cut.
  private func slowestStage(_ partition: StagePartition, layers: Int, stage: Int = 0) -> Double {
    if stage == partition.speeds.count - 1 { return partition.time(stage: stage, layers: layers) }
    let most = layers - (partition.speeds.count - stage - 1)
    return (1...most).map {
      max(
        partition.time(stage: stage, layers: $0), slowestStage(partition, layers: layers - $0, stage: stage + 1))
    }.min() ?? .infinity
  }

  @Test("Stage partition, against trying every cut")
  func stagePartition() {
    for seed in 0..<200 {
      var random = SplitMix64(state: UInt64(seed))
      let stages = Int.random(in: 1...5, using: &random)
      let layers = Int.random(in: stages...14, using: &random)
      let partition = StagePartition(
        layerCost: Double.random(in: 1...10, using: &random), firstCost: Double.random(in: 0...5, using: &random),
        lastCost: Double.random(in: 0...30, using: &random),
        speeds: (0..<stages).map { _ in Double.random(in: 0.2...5, using: &random) })
      let ranges = partition.stages(layerCount: layers)
      #expect(ranges.flatMap(Array.init) == Array(0..<layers), "seed \(seed)")
      #expect(ranges.allSatisfy { !$0.isEmpty }, "seed \(seed)")
      let slowest = ranges.indices.map { partition.time(stage: $0, layers: ranges[$0].count) }.max() ?? 0
      #expect(abs(slowest - slowestStage(partition, layers: layers)) <= 1e-12 * slowest, "seed \(seed)")
    }
    let even = StagePartition(layerCost: 1, firstCost: 0, lastCost: 0, speeds: [1, 1, 1, 1])
    #expect(even.stages(layerCount: 10).map(\.count).sorted() == [2, 2, 3, 3])
  }

  @Test("Seeded random models and clusters: every share of the whole exactly once")
  func sharesSumToTheWhole() throws {
    for seed in 0..<400 {
      var random = SplitMix64(state: UInt64(seed))
      let keyValueHeads = Int.random(in: 1...8, using: &random)
      let heads = keyValueHeads * Int.random(in: 1...8, using: &random)
      let configuration = try LlamaConfiguration(
        name: "random", hiddenSize: heads * 4, intermediateSize: Int.random(in: 64...200, using: &random),
        layerCount: Int.random(in: 1...12, using: &random), headCount: heads, keyValueHeadCount: keyValueHeads,
        vocabularySize: Int.random(in: 64...500, using: &random), maximumPositionCount: 512)
      let workload = try LlamaWorkload(
        batchSize: Int.random(in: 1...4, using: &random), promptLength: Int.random(in: 12...60, using: &random),
        generatedTokenCount: 3)
      let speeds = (0..<Int.random(in: 1...12, using: &random)).map { _ in Double.random(in: 0.3...3, using: &random) }
      let candidates = ParallelStrategy.candidates(
        deviceCount: speeds.count, configuration: configuration, batchSize: workload.batchSize)
      #expect(Set(candidates).count == candidates.count, "seed \(seed)")
      for strategy in candidates {
        let plan = try LlamaPlan(
          configuration: configuration, strategy: strategy, workload: workload, speeds: speeds)
        switch plan {
        case .grid(let grid): check(grid, configuration, workload, "seed \(seed) \(strategy)")
        case .sequence(let sequence):
          #expect(sequence.positions.flatMap(Array.init) == Array(0..<workload.promptLength), "seed \(seed)")
          #expect(speeds[sequence.generator] == speeds.max(), "seed \(seed)")
        }
      }
    }
  }

  private func check(
    _ plan: GridPlan, _ configuration: LlamaConfiguration, _ workload: LlamaWorkload, _ comment: Comment
  ) {
    #expect(plan.stageLayers.flatMap(Array.init) == Array(0..<configuration.layerCount), comment)
    #expect(plan.microbatchSizes.reduce(0, +) == workload.batchSize, comment)
    let groupSize = configuration.headCount / configuration.keyValueHeadCount
    for shares in plan.shares {
      #expect(shares.count == plan.tensor, comment)
      #expect(shares.flatMap { Array($0.heads.range) } == Array(0..<configuration.headCount), comment)
      #expect(shares.flatMap { Array($0.vocabulary.range) } == Array(0..<configuration.vocabularySize), comment)
      #expect(
        shares.flatMap { Array($0.feedForwardColumns.range) } == Array(0..<configuration.intermediateSize), comment)
      for share in shares {
        #expect(share.heads.count % share.keyValueHeads.count == 0, comment)
        #expect(share.heads.range.allSatisfy { share.keyValueHeads.range.contains($0 / groupSize) }, comment)
      }
      let held = shares.reduce(0) { $0 + $1.keyValueHeads.count }
      #expect(held == max(configuration.keyValueHeadCount, plan.tensor), comment)
    }
  }

  @Test("Faster devices get more")
  func unequalSpeeds() throws {
    let configuration = try tinyConfiguration(layers: 9)
    let workload = try LlamaWorkload(promptLength: 30, generatedTokenCount: 1)
    let tensor = try LlamaPlan(
      configuration: configuration, strategy: .tensor(2), workload: workload, speeds: [3, 1])
    guard case .grid(let grid) = tensor else { return }
    #expect(grid.shares[0].map(\.heads.range) == [0..<6, 6..<8])
    #expect(grid.shares[0].map(\.keyValueHeads.range) == [0..<3, 3..<4])
    #expect(grid.shares[0].map(\.feedForwardColumns.range) == [0..<90, 90..<120])
    let pipeline = try LlamaPlan(
      configuration: configuration, strategy: .pipeline(2), workload: workload, speeds: [2, 1])
    guard case .grid(let stages) = pipeline else { return }
    // The output layer weighs 0.65 layers, so 7 / 2 beats (3 + 0.65) / 1.
    #expect(stages.stageLayers == [0..<7, 7..<9])
    let sequence = try LlamaPlan(
      configuration: configuration, strategy: .sequence(degree: 2, overlapped: false), workload: workload,
      speeds: [2, 1])
    #expect(
      sequence == .sequence(SequencePlan(promptLength: 30, overlapped: false, speeds: [2, 1])))
    guard case .sequence(let positions) = sequence else { return }
    #expect(positions.positions == [0..<20, 20..<30])
    #expect(positions.generator == 0)
  }
}
