/// vLLM's scheduler, version 1 (`vllm/v1/core/sched/scheduler.py`): one budget of tokens for all; those that run come first, in
/// the order of their admission, so that decoding goes on while prompts are computed in what is left of the budget. Where
/// blocks run out, the sequence that was admitted last gives its own back and is computed again later.
struct VLLMPolicy: SchedulingPolicy {
  func plan(_ state: inout EngineState) {
    var budget = state.settings.maximumBatchedTokens
    var index = 0
    var hasPreempted = false
    running: while index < state.running.count, budget > 0 {
      let tokens = min(state.running[index].remainingCount, budget)
      while !state.grow(index, toTokens: state.running[index].computedCount + tokens) {
        hasPreempted = true
        let last = state.running.count - 1
        state.preempt(last)
        if last == index { break running }
      }
      state.running[index].scheduledCount = tokens
      budget -= tokens
      index += 1
    }
    guard !hasPreempted else { return }
    while let tokens = state.admitFirst(tokensAtMost: budget) { budget -= tokens }
  }
}
