/// Who computes what of a sentence encoder. Every rank works out the same plan.
public enum SentencePlan: Hashable, Sendable {
  /// Heads, feed-forward columns and vocabulary divided among devices; a single device has them all.
  case tensor([TensorShare])
  /// Positions divided among devices that each hold the whole model.
  case sequence(SequencePlan)

  /// - Parameter speeds: relative speed of each device of the cluster, by rank.
  /// - Throws: the equation that does not hold.
  public init(
    configuration: BertConfiguration, strategy: ParallelStrategy, workload: SentenceWorkload, speeds: [Double]
  ) throws(StrategyError) {
    let used = try strategy.usedSpeeds(of: speeds)
    switch strategy {
    case .grid(let tensor, 1, 1):
      try TensorShare.validate(tensor: tensor, configuration: configuration, strategy: strategy)
      self = .tensor(TensorShare.shares(of: configuration, speeds: used))
    case .sequence(let degree, let overlapped):
      guard degree <= workload.length else {
        throw StrategyError(
          "\(strategy)",
          "sequence = \(degree) > length = \(workload.length), each device needs a position; use 1 to \(workload.length)"
        )
      }
      self = .sequence(SequencePlan(promptLength: workload.length, overlapped: overlapped, speeds: used))
    case .grid, .towers:
      throw StrategyError(
        "\(strategy)", "is not for sentence encoders; use single, tensor=N, sequence=N or sequence=N,overlap")
    }
  }
}
