import DequeModule

/// What an engine's scheduler decides by and changes: who waits, who runs, and who has which blocks.
public struct EngineState: Sendable {
  /// How it schedules.
  public let settings: SchedulerSettings
  /// Those that wait, in order.
  public internal(set) var waiting: Deque<ServedSequence> = []
  /// Those that have blocks, in the order of admission.
  public internal(set) var running: [ServedSequence] = []
  /// The KV cache.
  public internal(set) var pool: BlockPool
  /// How often a sequence's blocks were taken away.
  public private(set) var preemptionCount = 0
  /// Tokens of prompts that were looked up in the prefix cache, and those found.
  public private(set) var prefixTokens = (asked: 0, found: 0)
  /// Those whose blocks were taken away since the last iteration began.
  private(set) var preempted: [Int] = []

  init(settings: SchedulerSettings, blockCount: Int) {
    self.settings = settings
    pool = BlockPool(capacity: blockCount)
  }

  private var watermarkBlocks: Int { Int((settings.watermark * Double(pool.capacity)).rounded(.up)) }

  mutating func beginPlanning() {
    preempted = []
    for index in running.indices { running[index].scheduledCount = 0 }
  }

  func blockCount(forTokens tokens: Int) -> Int { (tokens + settings.blockSize - 1) / settings.blockSize }

  /// Gives a running sequence the blocks for so many tokens in all.
  ///
  /// - Returns: whether there were enough; none are given otherwise.
  mutating func grow(_ index: Int, toTokens tokens: Int) -> Bool {
    let missing = blockCount(forTokens: tokens) - running[index].blocks.count
    guard missing > 0 else { return true }
    guard missing <= pool.freeCount else { return false }
    for _ in 0..<missing {
      if let block = pool.allocate() { running[index].blocks.append(block) }
    }
    return true
  }

  /// Takes a running sequence's blocks away. It waits before all others and is computed again from the beginning.
  mutating func preempt(_ index: Int) {
    releaseBlocks(of: index)
    var sequence = running.remove(at: index)
    sequence.computedCount = 0
    sequence.scheduledCount = 0
    sequence.preemptionCount += 1
    preemptionCount += 1
    preempted.append(sequence.id)
    waiting.prepend(sequence)
  }

  /// Gives a sequence's blocks back, the last one first, so that the beginning of its prompt is remembered longest.
  private mutating func releaseBlocks(of index: Int) {
    for block in running[index].blocks.reversed() { pool.release(block) }
    running[index].blocks = []
  }

  /// Admits the first sequence that waits, with blocks that hold the beginning of its prompt already and new ones.
  ///
  /// - Parameters:
  ///   - tokensAtMost: of it in this iteration; fewer than it has to compute only where prompts are chunked.
  ///   - reserving: tokens to give blocks for beyond those of this iteration.
  /// - Returns: how many of its tokens are computed in this iteration; `nil` where it has to go on waiting.
  mutating func admitFirst(tokensAtMost budget: Int, reserving reserve: (ServedSequence) -> Int = { _ in 0 }) -> Int? {
    guard var sequence = waiting.first, running.count < settings.maximumSequences, budget > 0 else { return nil }
    let found = rememberedBlocks(of: &sequence)
    waiting[waiting.startIndex] = sequence
    let cached = found.count * settings.blockSize
    let remaining = sequence.knownCount - cached
    let tokens = min(remaining, budget)
    guard tokens == remaining || settings.chunksPrompts else { return nil }
    let needed = blockCount(forTokens: max(cached + tokens, reserve(sequence))) - found.count
    let revived = found.count { pool.isFree($0) }
    // With nobody running there is nobody to keep blocks free for.
    let kept = running.isEmpty ? 0 : watermarkBlocks
    guard needed + revived + kept <= pool.freeCount else { return nil }
    waiting.removeFirst()
    for block in found { pool.retain(block) }
    sequence.blocks = found
    for _ in 0..<needed {
      if let block = pool.allocate() { sequence.blocks.append(block) }
    }
    sequence.computedCount = cached
    sequence.cachedCount = cached
    sequence.scheduledCount = tokens
    if settings.cachesPrefixes {
      prefixTokens.asked += sequence.knownCount
      prefixTokens.found += cached
    }
    running.append(sequence)
    return tokens
  }

  /// The blocks that hold the beginning of a waiting sequence. At least one token is left to compute.
  private func rememberedBlocks(of sequence: inout ServedSequence) -> [Int32] {
    guard settings.cachesPrefixes else { return [] }
    var blocks: [Int32] = []
    while (blocks.count + 1) * settings.blockSize < sequence.knownCount,
      let block = pool.block(holding: sequence.content(ofBlock: blocks.count, size: settings.blockSize))
    {
      blocks.append(block)
    }
    return blocks
  }

  /// How many tokens of a request's prompt the prefix cache holds.
  func rememberedTokens(of request: ServingRequest) -> Int {
    var sequence = ServedSequence(request)
    return rememberedBlocks(of: &sequence).count * settings.blockSize
  }

  /// What an iteration's end brings: tokens of sequences, some of which are complete.
  mutating func completeIteration() -> IterationOutcome {
    var outcome = IterationOutcome()
    var hasFinished = false
    for index in running.indices where running[index].scheduledCount > 0 {
      noteComputed(index)
      guard running[index].remainingCount == 0 else { continue }
      running[index].generatedCount += 1
      outcome.tokens.append(running[index].id)
      if running[index].generatedCount == running[index].outputLength {
        hasFinished = true
        outcome.finished.append(running[index].id)
        releaseBlocks(of: index)
      }
    }
    if hasFinished { running.removeAll { $0.generatedCount == $0.outputLength } }
    return outcome
  }

  private mutating func noteComputed(_ index: Int) {
    let before = running[index].computedCount
    let after = before + running[index].scheduledCount
    running[index].computedCount = after
    running[index].scheduledCount = 0
    guard settings.cachesPrefixes else { return }
    let size = settings.blockSize
    for number in before / size..<after / size {
      let content = running[index].content(ofBlock: number, size: size)
      pool.setContent(content, of: running[index].blocks[number])
    }
  }
}

/// What an iteration's end brings.
public struct IterationOutcome: Hashable, Sendable {
  /// The requests that have got a token.
  public var tokens: [Int] = []
  /// Those of them that are complete.
  public var finished: [Int] = []
}
