import SimulationKernel

/// What a served load's requests and iterations have been, as it is counted while they happen.
public struct ServingAccount: Sendable {
  /// Every request that was served, by its number.
  public private(set) var records: [RequestRecord?] = []
  /// Requests that no replica can serve, and why the first of them cannot be.
  public private(set) var refused: (count: Int, reason: String?) = (0, nil)
  /// Requests that have been served to their end.
  public private(set) var servedCount = 0
  /// Iterations of all replicas.
  public private(set) var iterationCount = 0
  /// Of these, iterations that were taken from memory.
  public internal(set) var rememberedCount = 0
  /// When the last iteration ended.
  public private(set) var end = VirtualTime.zero
  /// Times between tokens, by parts of the run.
  private(set) var gaps: [GapHistogram]
  /// Seconds that replicas computed, and the same times sequences, tokens and used KV blocks.
  private(set) var busy = 0.0
  private(set) var sequenceSeconds = 0.0
  private(set) var blockShareSeconds = 0.0
  /// Sequences and tokens of all iterations.
  private(set) var sequenceSum = 0
  private(set) var tokenSum = 0
  /// The largest share of a replica's KV blocks that was used.
  public private(set) var peakBlockShare = 0.0
  private let load: RequestLoad

  init(_ load: RequestLoad) {
    self.load = load
    gaps = Array(repeating: GapHistogram(), count: Distribution.batchCount)
  }

  mutating func add(_ request: ServingRequest, replica: Int) {
    while records.count <= request.id { records.append(nil) }
    records[request.id] = RequestRecord(request, replica: replica)
  }

  mutating func refuse(_ request: ServingRequest, _ reason: String) {
    refused = (refused.count + 1, refused.reason ?? "request \(request.id): \(reason)")
  }

  /// - Parameter running: the replica's sequences, of which those that take part have been scheduled.
  mutating func begin(_ running: [ServedSequence], at time: VirtualTime) {
    for sequence in running where sequence.scheduledCount > 0 && records[sequence.id]?.start == nil {
      records[sequence.id]?.start = time
      records[sequence.id]?.cachedCount = sequence.cachedCount
    }
  }

  mutating func end(
    _ iteration: PlannedIteration, from start: VirtualTime, to time: VirtualTime, blockShare: Double
  ) {
    iterationCount += 1
    end = max(end, time)
    let duration = start.duration(to: time).inSeconds
    busy += duration
    sequenceSeconds += duration * Double(iteration.requests.count)
    blockShareSeconds += duration * blockShare
    peakBlockShare = max(peakBlockShare, blockShare)
    sequenceSum += iteration.requests.count
    tokenSum += iteration.shape.tokenCount
  }

  /// Users see an iteration's tokens.
  mutating func show(_ outcome: IterationOutcome, at time: VirtualTime) {
    for id in outcome.tokens { addToken(of: id, at: time) }
    for id in outcome.finished { records[id]?.end = time }
    servedCount += outcome.finished.count
  }

  private mutating func addToken(of id: Int, at time: VirtualTime) {
    guard let latest = records[id]?.latestToken else {
      records[id]?.firstToken = time
      records[id]?.latestToken = time
      records[id]?.tokenCount = 1
      return
    }
    if id >= load.warmUpCount {
      let part = id * gaps.count / max(1, load.requestCount)
      gaps[min(part, gaps.count - 1)].add(latest.duration(to: time).inSeconds)
    }
    records[id]?.latestToken = time
    records[id]?.tokenCount += 1
  }

  mutating func notePreemption(of ids: [Int]) {
    for id in ids { records[id]?.preemptionCount += 1 }
  }
}
