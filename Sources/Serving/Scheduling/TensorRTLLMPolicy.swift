/// TensorRT-LLM's scheduler with in-flight batching and `GUARANTEED_NO_EVICT`: a request is admitted once there are blocks for
/// its prompt and all of its output, so that nobody ever has to give blocks back. Decoding and prompts share iterations;
/// decoding sequences come first.
struct TensorRTLLMPolicy: SchedulingPolicy {
  func plan(_ state: inout EngineState) {
    var budget = state.settings.maximumBatchedTokens
    for isDecoding in [true, false] {
      for index in state.running.indices where state.running[index].isDecoding == isDecoding && budget > 0 {
        let tokens = min(state.running[index].remainingCount, budget)
        state.running[index].scheduledCount = tokens
        budget -= tokens
      }
    }
    while let tokens = state.admitFirst(
      tokensAtMost: budget, reserving: { $0.promptLength + $0.outputLength - 1 })
    {
      budget -= tokens
    }
  }
}
