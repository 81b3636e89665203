/// Who computes what: a strategy worked out for one model, one workload and devices of given speeds.
///
/// Every rank works out the same plan, so nothing about it is communicated.
public enum LlamaPlan: Hashable, Sendable {
  /// Pipeline stages of tensor-parallel devices; a single device is the smallest grid.
  case grid(GridPlan)
  /// Positions divided among devices.
  case sequence(SequencePlan)

  /// - Parameter speeds: relative speed of each device of the cluster, by rank; equal numbers for equal devices.
  /// - Throws: the equation that does not hold.
  public init(
    configuration: LlamaConfiguration, strategy: ParallelStrategy, workload: LlamaWorkload, speeds: [Double]
  ) throws(StrategyError) {
    let used = try strategy.usedSpeeds(of: speeds)
    switch strategy {
    case .grid(let tensor, let pipeline, let microbatches):
      try TensorShare.validate(tensor: tensor, configuration: configuration, strategy: strategy)
      guard pipeline <= configuration.layerCount else {
        throw StrategyError(
          "\(strategy)",
          "pipeline = \(pipeline) > num_hidden_layers = \(configuration.layerCount), each stage needs a layer; "
            + "use 1 to \(configuration.layerCount)")
      }
      guard microbatches <= workload.batchSize else {
        throw StrategyError(
          "\(strategy)",
          "microbatches = \(microbatches) > batch_size = \(workload.batchSize), each needs a sequence; "
            + "use 1 to \(workload.batchSize)")
      }
      self = .grid(
        GridPlan(
          configuration: configuration, tensor: tensor, pipeline: pipeline, microbatches: microbatches,
          batchSize: workload.batchSize, speeds: used))
    case .sequence(let degree, let overlapped):
      guard degree <= workload.promptLength else {
        throw StrategyError(
          "\(strategy)",
          "sequence = \(degree) > prompt_length = \(workload.promptLength), each device needs a position; "
            + "use 1 to \(workload.promptLength)")
      }
      self = .sequence(SequencePlan(promptLength: workload.promptLength, overlapped: overlapped, speeds: used))
    case .towers:
      throw StrategyError("\(strategy)", "is for models of two towers; use another form")
    }
  }
}

/// Stages of consecutive layers, each divided among tensor-parallel devices.
public struct GridPlan: Hashable, Sendable {
  /// Devices of each stage.
  public let tensor: Int
  /// The layers of each stage.
  public let stageLayers: [Range<Int>]
  /// What each device holds of its stage's layers: `shares[stage][part]`.
  public let shares: [[TensorShare]]
  /// Sequences in each micro-batch.
  public let microbatchSizes: [Int]

  init(
    configuration: LlamaConfiguration, tensor: Int, pipeline: Int, microbatches: Int, batchSize: Int, speeds: [Double]
  ) {
    let stageSpeeds = (0..<pipeline).map { Array(speeds[$0 * tensor..<($0 + 1) * tensor]) }
    self.tensor = tensor
    // FLOPs per token: two for each parameter; looking up an embedding takes none.
    stageLayers = StagePartition(
      layerCost: 2 * Double(configuration.layerParameterCount), firstCost: 0,
      lastCost: 2 * Double(configuration.embeddingParameterCount), speeds: stageSpeeds.map { $0.reduce(0, +) }
    ).stages(layerCount: configuration.layerCount)
    shares = stageSpeeds.map { speeds in TensorShare.shares(of: configuration, speeds: speeds) }
    microbatchSizes = apportion(batchSize, by: Array(repeating: 1, count: microbatches))
  }
}

/// Positions of the prompt divided among devices that each hold the whole model.
public struct SequencePlan: Hashable, Sendable {
  /// The prompt's positions that each device owns, in proportion to its speed.
  public let positions: [Range<Int>]
  /// The device that generates: the fastest one, the owner of the last position among equally fast ones. Keys and
  /// values of all positions are computed everywhere, so any could; a fast one generates sooner, and the owner of the
  /// last position needs no message to begin.
  public let generator: Int
  /// Whether queries are computed while rows are gathered.
  public let overlapped: Bool

  init(promptLength: Int, overlapped: Bool, speeds: [Double]) {
    positions = consecutiveRanges(apportion(promptLength, by: speeds))
    let fastest = speeds.max() ?? 1
    generator = speeds.lastIndex(of: fastest) ?? 0
    self.overlapped = overlapped
  }
}
