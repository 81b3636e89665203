import Models

/// One engine's scheduler: a state machine that is told of requests and of the ends of iterations, and plans the next one. It
/// knows no time.
///
///     var scheduler = Scheduler(SchedulerSettings(.vllm), blockCount: 1000)
///     scheduler.add(request)
///     while let batch = scheduler.nextBatch() {
///       let outcome = scheduler.completeIteration()
///     }
public struct Scheduler: Sendable {
  /// Who waits, who runs, who has which blocks.
  public private(set) var state: EngineState
  private var policy: any SchedulingPolicy
  /// Requests that the scheduler has not looked for yet.
  private var unread: [ServingRequest] = []
  /// Iterations of decoding alone since it looked last.
  private var iterationsSinceReading = 0

  /// An engine without requests.
  public init(_ settings: SchedulerSettings, blockCount: Int) {
    state = EngineState(settings: settings, blockCount: blockCount)
    policy =
      switch settings.policy {
      case .vllm: VLLMPolicy()
      case .sglang: SGLangPolicy()
      case .tensorRTLLM: TensorRTLLMPolicy()
      }
  }

  /// The most positions that a sequence can have here.
  ///
  /// - Parameter maximumLength: the model's.
  public func longestSequence(maximumLength: Int) -> Int {
    min(state.settings.maximumLength ?? maximumLength, maximumLength, state.pool.capacity * state.settings.blockSize)
  }

  /// Why a request can never be served, in words; `nil` where it can.
  ///
  /// - Parameter maximumLength: the model's.
  public func obstacle(to request: ServingRequest, maximumLength: Int) -> String? {
    let length = request.promptLength + request.outputLength
    let longest = longestSequence(maximumLength: maximumLength)
    guard length <= longest else { return "prompt and output have \(length) tokens, at most \(longest) fit" }
    let settings = state.settings
    // What is preempted is computed again with what it had generated.
    let atOnce = settings.policy == .tensorRTLLM ? request.promptLength : request.positionCount
    guard settings.chunksPrompts || settings.policy == .sglang || atOnce <= settings.maximumBatchedTokens else {
      return "\(atOnce) tokens have to be computed at once, at most max_batched_tokens = "
        + "\(settings.maximumBatchedTokens) can be; allow chunked_prefill"
    }
    return nil
  }

  /// A request arrives.
  public mutating func add(_ request: ServingRequest) { unread.append(request) }

  /// Plans an iteration; `nil` where there is nothing to compute.
  public mutating func nextBatch() -> PlannedIteration? {
    if state.running.isEmpty || iterationsSinceReading >= state.settings.receiveInterval { readRequests() }
    state.beginPlanning()
    policy.plan(&state)
    guard let planned = PlannedIteration(state) else { return nil }
    // After prompts it looks at once.
    iterationsSinceReading =
      planned.shape.chunks.isEmpty ? iterationsSinceReading + 1 : state.settings.receiveInterval
    return planned
  }

  private mutating func readRequests() {
    for request in unread { state.waiting.append(ServedSequence(request)) }
    unread.removeAll(keepingCapacity: true)
    iterationsSinceReading = 0
  }

  /// The planned iteration has ended.
  public mutating func completeIteration() -> IterationOutcome { state.completeIteration() }

  /// How many tokens of a request's prompt the prefix cache holds.
  public func rememberedTokens(of request: ServingRequest) -> Int { state.rememberedTokens(of: request) }

  /// Requests that wait or run.
  public var requestCount: Int { unread.count + state.waiting.count + state.running.count }
}

/// An iteration as it is planned.
public struct PlannedIteration: Sendable {
  /// What the devices compute.
  public let shape: BatchShape
  /// The requests that take part.
  public let requests: [Int]

  init?(_ state: EngineState) {
    var chunks: [BatchShape.Chunks] = []
    var (decodingCount, blockSum) = (0, 0)
    var requests: [Int] = []
    for sequence in state.running where sequence.scheduledCount > 0 {
      requests.append(sequence.id)
      if sequence.isDecoding {
        decodingCount += 1
        blockSum += state.blockCount(forTokens: sequence.computedCount + 1)
      } else {
        chunks.append(BatchShape.Chunks(length: sequence.scheduledCount, context: sequence.computedCount))
      }
    }
    guard !requests.isEmpty else { return nil }
    shape = BatchShape(
      chunks: chunks, decodingCount: decodingCount, blockSum: blockSum, blockSize: state.settings.blockSize)
    self.requests = requests
  }
}
