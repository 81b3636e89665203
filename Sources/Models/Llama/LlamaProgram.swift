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
  /// Parameters and prompts; `nil` for a run of shapes alone.
  public let input: LlamaInput?

  /// - Parameters:
  ///   - speeds: relative speed of each device of the cluster, by rank. Faster ones get larger shares.
  ///   - input: parameters and prompts, needed on devices whose tensors have values.
  /// - Throws: ``StrategyError`` or ``WorkloadError`` with the equation that does not hold.
  public init(
    configuration: LlamaConfiguration, strategy: ParallelStrategy, workload: LlamaWorkload, speeds: [Double],
    input: LlamaInput? = nil
  ) throws {
    try workload.validate(for: configuration)
    try input?.validate(for: configuration, workload)
    self.input = input
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
      return LlamaOutcome(nil, start: start, end: context.now(), batchSize: workload.batchSize)
    }
    let chosen =
      switch plan {
      case .grid(let plan):
        try await chosenTokens(plan, context)
      case .sequence(let plan):
        try await SequenceRun(program: self, plan: plan, context: context).chosenTokens()
      }
    return LlamaOutcome(chosen, start: start, end: context.now(), batchSize: workload.batchSize)
  }

  private func chosenTokens(_ plan: GridPlan, _ context: ModelContext) async throws -> ChosenTokens? {
    var run = GridRun(program: self, plan: plan, context: context)
    return try await run.chosenTokens()
  }

  /// The token ids `[sequences, promptLength]` of some sequences' prompts, in the memory of `device`.
  func prompt(of sequences: Range<Int>, on device: any TensorDevice) throws -> Tensor {
    let shape = [sequences.count, workload.promptLength]
    guard let input else {
      return try Tensor(uninitialized: shape, elementType: .int64, on: device, label: "prompt")
    }
    return try Tensor(Array(input.prompts[sequences].joined()), shape: shape, on: device, label: "prompt")
  }

  /// Who makes the model's parameters on a rank's device.
  func parameters(on device: any TensorDevice) -> ParameterLoader {
    configuration.parameters(on: device, from: input?.parameters)
  }
}

extension LlamaConfiguration {
  /// Who makes the model's parameters on a device.
  func parameters(on device: any TensorDevice, from source: (any ParameterSource)?) -> ParameterLoader {
    let configuration = self
    var format: (@Sendable (_ parameter: String, _ columns: Int) -> QuantizedFormat?)?
    if quantization != nil { format = { configuration.format(of: $0, columns: $1) } }
    return ParameterLoader(device: device, elementType: elementType, source: source, format: format)
  }
}

/// What one rank saw of a run.
public struct LlamaOutcome: Hashable, Sendable {
  /// When each generated token of all sequences was known on this rank, since its start: one entry per step. Empty on
  /// ranks that choose no tokens: all but the last stage of a pipeline, all but the generating device of a sequence
  /// strategy, and idle ones.
  public let tokenTimes: [Duration]
  /// Each sequence's generated tokens; empty where ``tokenTimes`` is, and where tensors have no values.
  public let tokens: [[Int]]
  /// The logits that the first sequence's tokens were chosen by, one row for each step, if they were to be kept.
  public let logits: [[Float]]
  /// From this rank's start to its end.
  public let total: Duration
  /// Sequences processed together.
  public let batchSize: Int

  init(_ chosen: ChosenTokens?, start: Duration, end: Duration, batchSize: Int) {
    tokenTimes = chosen?.instants.map { $0 - start } ?? []
    tokens = chosen?.tokens ?? []
    logits = chosen?.logits ?? []
    total = end - start
    self.batchSize = batchSize
  }

  /// When the first token of all sequences was known; `nil` on ranks that choose no tokens.
  public var timeToFirstToken: Duration? { tokenTimes.first }

  /// Tokens generated over all sequences, as far as this rank chose them.
  public var tokenCount: Int { tokenTimes.count * batchSize }
}
