/// Predictions of several strategies for one workload on one cluster, side by side.
public struct StrategyComparison: Sendable {
  /// What is asked of the model.
  public let workload: any Workload
  /// In the order in which they were tried.
  public let predictions: [Prediction]

  /// A comparison of at least one prediction.
  public init(_ predictions: [Prediction], of workload: any Workload) {
    self.predictions = predictions
    self.workload = workload
  }

  /// The best strategy by the workload's ranking; the first one of equals.
  public var winner: Prediction? {
    var best: (prediction: Prediction, merit: [Double])?
    for prediction in predictions {
      guard let merit = prediction.merit else { continue }
      if best.map({ $0.merit.lexicographicallyPrecedes(merit) }) ?? true { best = (prediction, merit) }
    }
    return best?.prediction
  }

  /// Which strategy wins and why, in a sentence or two for people.
  public var verdict: String {
    guard let winner else { return "No strategy fits in the devices' memory." }
    return workload.verdict(winner: winner, among: predictions.filter(\.fits))
  }

  /// What the strategies computed; `nil` without values.
  public var outputs: OutputPresentation? {
    guard let first = predictions.lazy.compactMap(\.output).first else { return nil }
    return presentation(like: first)
  }

  private func presentation<Output: WorkloadOutput>(like first: Output) -> OutputPresentation {
    Output.presentation(
      of: predictions.compactMap { prediction in
        (prediction.output as? Output).map { (prediction.strategy, $0) }
      })
  }
}
