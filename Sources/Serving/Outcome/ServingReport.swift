import SimulationKernel

/// What a served load's run has found.
public struct ServingReport: Sendable {
  /// Requests that were served to their end.
  public let served: [RequestRecord]
  /// Requests that no replica can serve.
  public let refusedCount: Int
  /// Seconds until the last token.
  public let duration: Double
  /// Requests that arrived in a second, until the last one did; `nil` of one request.
  public let requestRate: Double?
  /// Requests served in a second.
  public let servedRate: Double
  /// Tokens generated in a second.
  public let outputRate: Double
  /// Tokens of prompts and outputs in a second.
  public let tokenRate: Double
  /// Times to the first token, in seconds.
  public let timeToFirstToken: Distribution?
  /// Mean times between a request's tokens, in seconds.
  public let timePerOutputToken: Distribution?
  /// Times between two tokens, in seconds.
  public let interTokenLatency: Distribution?
  /// Times to the last token, in seconds.
  public let latency: Distribution?
  /// Times until the first iteration, in seconds.
  public let queueing: Distribution?
  /// The share of requests that met the objective, with its sampling error; `nil` without an objective.
  public let attainment: Estimate?
  /// Requests in a second that met the objective.
  public let goodput: Double?
  /// Iterations of all replicas.
  public let iterationCount: Int
  /// Of these, iterations taken from memory.
  public let rememberedCount: Int
  /// Sequences of an iteration, on average.
  public let meanBatch: Double
  /// Tokens of an iteration, on average.
  public let meanTokens: Double
  /// The share of KV blocks in use while a replica computes, on average and at most.
  public let blockShare: (mean: Double, peak: Double)
  /// How often a sequence's blocks were taken away.
  public let preemptionCount: Int
  /// The share of prompts' tokens that the prefix cache had; `nil` without one.
  public let prefixHitShare: Double?
  /// What makes the figures doubtful, or the objective out of reach, a sentence each.
  public let warnings: [String]

  /// - Parameter objective: what users are promised, if anything.
  public init(_ system: ServingSystem, load: RequestLoad, objective: ServingObjective?) {
    let account = system.account
    let all = account.records.compactMap(\.self)
    served = all.filter { $0.end != nil }
    let counted = served.filter { $0.id >= load.warmUpCount }
    refusedCount = account.refused.count
    duration = VirtualTime.zero.duration(to: account.end).inSeconds
    let span = (all.map(\.arrival).max() ?? .zero).seconds
    requestRate = all.count > 1 && span > 0 ? Double(all.count) / span : nil
    let (length, outputs) = (max(duration, .leastNormalMagnitude), served.reduce(0) { $0 + $1.outputLength })
    servedRate = Double(served.count) / length
    outputRate = Double(outputs) / length
    tokenRate = Double(served.reduce(outputs) { $0 + $1.promptLength }) / length
    timeToFirstToken = Distribution(counted.compactMap(\.timeToFirstToken))
    timePerOutputToken = Distribution(counted.compactMap(\.timePerOutputToken))
    interTokenLatency = Distribution(account.gaps)
    latency = Distribution(counted.compactMap(\.latency))
    queueing = Distribution(counted.compactMap(\.queueing))
    if let objective, !counted.isEmpty {
      let met = counted.map { objective.isMet(by: $0) ? 1.0 : 0 }
      let share = met.reduce(0, +) / Double(met.count)
      attainment = Estimate(value: share, error: Distribution.error(of: met))
      goodput = servedRate * share
    } else {
      (attainment, goodput) = (nil, nil)
    }
    iterationCount = account.iterationCount
    rememberedCount = account.rememberedCount
    let iterations = Double(max(1, account.iterationCount))
    meanBatch = Double(account.sequenceSum) / iterations
    meanTokens = Double(account.tokenSum) / iterations
    blockShare = (account.busy > 0 ? account.blockShareSeconds / account.busy : 0, account.peakBlockShare)
    preemptionCount = system.replicas.reduce(0) { $0 + $1.state.preemptionCount }
    let asked = system.replicas.reduce(0) { $0 + $1.state.prefixTokens.asked }
    let found = system.replicas.reduce(0) { $0 + $1.state.prefixTokens.found }
    prefixHitShare = asked > 0 ? Double(found) / Double(asked) : nil
    warnings =
      ServingDoubts(counted, load: load, refused: account.refused).sentences
      + (objective.map { $0.warnings(counted) } ?? [])
  }
}
