/// SGLang's scheduler (`sglang/srt/managers/scheduler.py`): prompts come first, in iterations of their own, while decoding
/// waits. How many are admitted depends on an estimate of how much of their outputs those that run will still generate; where
/// that was too low and blocks run out, those that have generated least give theirs back, and the estimate rises.
struct SGLangPolicy: SchedulingPolicy {
  /// `SGLANG_INIT_NEW_TOKEN_RATIO` and its like.
  private static let initialShare = 0.7
  private static let lowestShare = 0.7 * 0.14
  private static let steps = 600.0
  /// `SGLANG_CLIP_MAX_NEW_TOKENS_ESTIMATION`.
  private static let longestOutput = 4096
  /// Tokens that each sequence is to get after others have given way, `SGLANG_RETRACT_DECODE_STEPS`.
  private static let stepsAfterRetraction = 20

  /// The share of their outputs that sequences are expected to generate.
  private var share = initialShare

  mutating func plan(_ state: inout EngineState) {
    guard !planPrompts(&state) else { return }
    decode(&state)
  }

  /// - Returns: whether there are prompts to compute.
  private func planPrompts(_ state: inout EngineState) -> Bool {
    var budget = state.settings.maximumBatchedTokens
    var hasPrompts = false
    for index in state.running.indices where !state.running[index].isDecoding {
      // The rest of a prompt that was cut.
      let tokens = min(state.running[index].remainingCount, max(budget, 0))
      guard tokens > 0, state.grow(index, toTokens: state.running[index].computedCount + tokens) else { continue }
      state.running[index].scheduledCount = tokens
      budget -= tokens
      hasPrompts = true
    }
    var expected = state.running.reduce(0.0) { sum, sequence in
      sum + share * Double(Self.expectedOutput(sequence) - min(sequence.generatedCount, Self.longestOutput))
        + Double(sequence.isDecoding ? 0 : sequence.remainingCount - sequence.scheduledCount)
    }
    while let first = state.waiting.first {
      let left = Self.expectedOutput(first) - min(first.generatedCount, Self.longestOutput)
      let own = Double(first.remainingCount + left)
      let free = Double(state.pool.freeCount * state.settings.blockSize)
      guard state.running.isEmpty || own + expected <= free else { break }
      // A prompt that is not cut may exceed the budget alone.
      let most = state.settings.chunksPrompts || hasPrompts ? budget : max(budget, first.knownCount)
      guard let tokens = state.admitFirst(tokensAtMost: most) else { break }
      budget -= tokens
      expected += Double(Self.expectedOutput(first))
      hasPrompts = true
    }
    return hasPrompts
  }

  private static func expectedOutput(_ sequence: ServedSequence) -> Int {
    min(sequence.outputLength, longestOutput)
  }

  private mutating func decode(_ state: inout EngineState) {
    var hasRetracted = false
    while state.running.count > 1, missingBlocks(state) > state.pool.freeCount {
      hasRetracted = true
      state.preempt(Self.leastAdvanced(state.running))
    }
    if hasRetracted {
      let generated = state.running.reduce(0) { $0 + $1.generatedCount + Self.stepsAfterRetraction }
      share = min(1, Double(generated) / Double(max(1, state.running.reduce(0) { $0 + $1.outputLength })))
    } else {
      share = max(Self.lowestShare, share - (Self.initialShare - Self.lowestShare) / Self.steps)
    }
    for index in state.running.indices {
      if state.grow(index, toTokens: state.running[index].computedCount + 1) { state.running[index].scheduledCount = 1 }
    }
  }

  private func missingBlocks(_ state: EngineState) -> Int {
    state.running.count { state.blockCount(forTokens: $0.computedCount + 1) > $0.blocks.count }
  }

  /// The one with the fewest generated tokens, and of those with equally many the one with the longest prompt.
  private static func leastAdvanced(_ sequences: [ServedSequence]) -> Int {
    sequences.indices.min { left, right in
      let (a, b) = (sequences[left], sequences[right])
      return (a.generatedCount, -a.promptLength, -a.id) < (b.generatedCount, -b.promptLength, -b.id)
    } ?? 0
  }
}
