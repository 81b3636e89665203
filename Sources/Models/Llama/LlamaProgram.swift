import Communication
import Quantities
import Tensors

/// Llama inference over several devices: the prompt's pass, then one token after another, chosen greedily.
///
///     let program = try LlamaProgram(
///       configuration: configuration, strategy: .tensor(4), workload: workload, speeds: [1, 1, 1, 1])
///     // On every rank:
///     let outcome = try await program.run(in: context)
public struct LlamaProgram: Sendable {
  /// The model.
  public let configuration: LlamaConfiguration
  /// How it is spread.
  public let strategy: ParallelStrategy
  /// What is asked of it.
  public let workload: LlamaWorkload
  /// Who computes what.
  public let plan: LlamaPlan

  /// - Parameter speeds: relative speed of each device of the cluster, by rank. Faster ones get larger shares.
  /// - Throws: ``StrategyError`` or ``WorkloadError`` with the equation that does not hold.
  public init(
    configuration: LlamaConfiguration, strategy: ParallelStrategy, workload: LlamaWorkload, speeds: [Double]
  ) throws {
    try workload.validate(for: configuration)
    plan = try LlamaPlan(configuration: configuration, strategy: strategy, workload: workload, speeds: speeds)
    self.configuration = configuration
    self.strategy = strategy
    self.workload = workload
  }

  /// Runs this rank's part. Every rank of the cluster calls it; those beyond the strategy's devices return at once.
  ///
  /// Weights and key-value caches take their memory first, so a model that does not fit fails at once.
  public func run(in context: ModelContext) async throws -> LlamaOutcome {
    let start = context.now()
    guard context.communicator.rank < strategy.deviceCount else {
      return LlamaOutcome(tokenTimes: [], total: context.now() - start, batchSize: workload.batchSize)
    }
    let tokenInstants =
      switch plan {
      case .grid(let plan):
        try await gridInstants(plan, context)
      case .sequence(let plan):
        try await SequenceRun(program: self, plan: plan, context: context).tokenInstants()
      }
    return LlamaOutcome(
      tokenTimes: tokenInstants.map { $0 - start }, total: context.now() - start, batchSize: workload.batchSize)
  }

  private func gridInstants(_ plan: GridPlan, _ context: ModelContext) async throws -> [Duration] {
    var run = GridRun(program: self, plan: plan, context: context)
    return try await run.tokenInstants()
  }

  /// The prompt's token ids `[batch, promptLength]`, in the memory of `device`.
  func prompt(batchSize: Int, on device: any TensorDevice) throws -> Tensor {
    try Tensor(
      uninitialized: [batchSize, workload.promptLength], elementType: .int64, on: device, label: "prompt")
  }
}

/// What one rank saw of a run.
public struct LlamaOutcome: Hashable, Sendable {
  /// When each generated token of all sequences was known on this rank, since its start: one entry per step. Empty on
  /// ranks that choose no tokens: all but the last stage of a pipeline, all but the generating device of a sequence
  /// strategy, and idle ones.
  public let tokenTimes: [Duration]
  /// From this rank's start to its end.
  public let total: Duration
  /// Sequences processed together.
  public let batchSize: Int

  /// When the first token of all sequences was known; `nil` on ranks that choose no tokens.
  public var timeToFirstToken: Duration? { tokenTimes.first }

  /// Tokens generated over all sequences, as far as this rank chose them.
  public var tokenCount: Int { tokenTimes.count * batchSize }
}
