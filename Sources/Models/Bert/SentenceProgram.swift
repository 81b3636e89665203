import Communication
import Tensors

/// The embeddings of a batch of texts over several devices: a BERT encoder, the mean of each text's last hidden states,
/// and their division by their length (Reimers and Gurevych, "Sentence-BERT", 2019).
public struct SentenceProgram: Sendable {
  /// The model.
  public let configuration: BertConfiguration
  /// How it is spread.
  public let strategy: ParallelStrategy
  /// What is asked of it.
  public let workload: SentenceWorkload
  /// Who computes what.
  public let plan: SentencePlan
  /// Parameters and texts; `nil` for a run of shapes alone.
  public let input: SentenceInput?
  /// Whether embeddings are given the length 1.
  public let normalizes: Bool

  /// - Parameter speeds: relative speed of each device of the cluster, by rank. Faster ones get larger shares.
  /// - Throws: ``StrategyError`` or ``WorkloadError`` with the equation that does not hold.
  public init(
    configuration: BertConfiguration, strategy: ParallelStrategy, workload: SentenceWorkload, speeds: [Double],
    input: SentenceInput? = nil, normalizes: Bool = true
  ) throws {
    try workload.validate(for: configuration)
    try input?.validate(for: configuration, workload)
    plan = try SentencePlan(configuration: configuration, strategy: strategy, workload: workload, speeds: speeds)
    self.configuration = configuration
    self.strategy = strategy
    self.workload = workload
    self.input = input
    self.normalizes = normalizes
  }

  /// Runs this rank's part. Every rank of the cluster calls it; those beyond the strategy's devices return at once.
  public func run(in context: ModelContext) async throws -> EncodingOutcome {
    let start = context.now()
    guard context.communicator.rank < strategy.deviceCount else {
      return EncodingOutcome(start: start, end: context.now())
    }
    let embeddings = try await SentenceRun(program: self, context: context).embeddings()
    return EncodingOutcome(
      embeddings: ["sentence": try embeddings.valueRows()], start: start, end: context.now())
  }

  /// The token ids `[batch, length]`, padded.
  func tokens(on device: any TensorDevice) throws -> Tensor {
    let shape = [workload.batchSize, workload.length]
    guard let input else { return try Tensor(uninitialized: shape, elementType: .int64, on: device, label: "texts") }
    let padded = input.texts.flatMap { text in
      text + Array(repeating: configuration.paddingToken, count: workload.length - text.count)
    }
    return try Tensor(padded, shape: shape, on: device, label: "texts")
  }

  /// How many tokens each text has, `[batch]`; `nil` where none is padded.
  func counts(on device: any TensorDevice) throws -> Tensor? {
    guard workload.hasPadding else { return nil }
    let shape = [workload.batchSize]
    guard let input else { return try Tensor(uninitialized: shape, elementType: .int64, on: device, label: "texts") }
    return try Tensor(input.texts.map(\.count), shape: shape, on: device, label: "texts")
  }
}
