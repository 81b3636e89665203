/// How an engine schedules iterations.
public struct SchedulerSettings: Hashable, Sendable {
  /// Whose scheduler it is.
  public enum Policy: String, CaseIterable, Hashable, Sendable {
    /// vLLM's, version 1.
    case vllm
    /// SGLang's.
    case sglang
    /// TensorRT-LLM's, with `GUARANTEED_NO_EVICT`.
    case tensorRTLLM = "tensorrt-llm"
  }

  /// Whose scheduler it is.
  public var policy: Policy
  /// The most tokens of an iteration: vLLM's `max_num_batched_tokens`, SGLang's `chunked_prefill_size`, TensorRT-LLM's
  /// `max_num_tokens`.
  public var maximumBatchedTokens: Int
  /// The most sequences that run at a time.
  public var maximumSequences: Int
  /// Whether prompts may be computed in parts.
  public var chunksPrompts: Bool
  /// Positions of a KV block.
  public var blockSize: Int
  /// Whether blocks with the same beginning of a prompt are shared.
  public var cachesPrefixes: Bool
  /// The share of the blocks that stays free when a sequence is admitted, so that those that run can grow.
  public var watermark: Double
  /// The most positions of a sequence, prompt and output; `nil` for the model's.
  public var maximumLength: Int?

  /// Whether users see an iteration's tokens only when the next one has been computed, as where its scheduler works meanwhile.
  public var reportsLate = false
  /// After how many iterations of decoding the scheduler looks for new requests: SGLang's `scheduler_recv_interval`. After
  /// prompts, and where nothing runs, it looks at once.
  public var receiveInterval = 1
  /// The most tokens of an iteration with prompts that CUDA graphs replay, without the host's time for layers of experts:
  /// vLLM's `max_cudagraph_capture_size` where it is larger than a prompt.
  public var capturedTokens = 0

  /// The defaults of a policy's engine.
  public init(_ policy: Policy = .vllm) {
    self.policy = policy
    maximumBatchedTokens = 8192
    blockSize = 16
    watermark = policy == .vllm ? 0.01 : 0
    maximumLength = nil
    switch policy {
    case .vllm:
      maximumSequences = 256
      chunksPrompts = true
      cachesPrefixes = true
    case .sglang:
      maximumSequences = 1024
      chunksPrompts = true
      cachesPrefixes = true
    case .tensorRTLLM:
      maximumSequences = 256
      chunksPrompts = false
      cachesPrefixes = true
    }
  }
}
