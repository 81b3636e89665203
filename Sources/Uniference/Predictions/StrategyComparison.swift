import Quantities

/// Predictions of several strategies for one model, cluster and workload, side by side.
public struct StrategyComparison: Sendable {
  /// In the order in which they were tried.
  public let predictions: [LlamaPrediction]

  /// A comparison of at least one prediction.
  public init(_ predictions: [LlamaPrediction]) { self.predictions = predictions }

  /// The strategy with the most tokens per second; on ties the one with the earlier first token.
  public var winner: LlamaPrediction? {
    predictions.filter(\.fits).max { left, right in
      (left.rate, -left.firstToken) < (right.rate, -right.firstToken)
    }
  }

  /// Which strategy wins and why, in a sentence or two for people.
  public var verdict: String {
    guard let winner else { return "No strategy fits in the devices' memory." }
    let fitting = predictions.filter(\.fits)
    guard fitting.count > 1 else {
      return "\(winner.placedName) is the only strategy that fits in memory."
    }
    var sentences = ["\(winner.placedName) wins\(Self.speed(of: winner))"]
    if let runnerUp = fitting.filter({ $0.strategy != winner.strategy }).max(by: { $0.rate < $1.rate }) {
      sentences[0] += comparison(of: winner, with: runnerUp)
    }
    if let first = fitting.min(by: { $0.firstToken < $1.firstToken }), first.strategy != winner.strategy {
      sentences.append(
        "\(first.strategy) shows the first token sooner, after \(Self.time(first.firstToken)) instead of "
          + "\(Self.time(winner.firstToken)).")
    }
    return sentences.joined(separator: " ")
  }

  private static func speed(of prediction: LlamaPrediction) -> String {
    guard let rate = prediction.tokens_per_second else { return ": its tokens take no time" }
    return " with \(formatNumber(rate, significantDigits: 3)) tokens/s"
  }

  private func comparison(of winner: LlamaPrediction, with other: LlamaPrediction) -> String {
    guard winner.tokens_per_second != nil else {
      return other.tokens_per_second == nil
        ? ", nor do those of \(other.strategy)." : ", \(other.strategy) goes on\(Self.speed(of: other))."
    }
    let ratio = winner.rate / max(other.rate, .leastNormalMagnitude)
    guard ratio >= 1.005 else {
      return ". \(other.strategy) generates as fast, but shows its first token after "
        + "\(Self.time(other.firstToken)) instead of \(Self.time(winner.firstToken))."
    }
    return ", \(formatNumber(ratio, significantDigits: 3)) times as many as \(other.strategy): "
      + "\(reason(for: winner, over: other))."
  }

  /// What decides between two strategies: how long a token waits for the network, or how long the devices compute on it.
  private func reason(for winner: LlamaPrediction, over other: LlamaPrediction) -> String {
    let savedWait = other.waitingPerToken - winner.waitingPerToken
    let savedWork = other.computingPerToken - winner.computingPerToken
    guard savedWait >= savedWork else {
      return """
        each of its devices computes \(Self.time(winner.computingPerToken)) for a token, each of \(other.strategy) \
        \(Self.time(other.computingPerToken))
        """
    }
    let traffic =
      winner.bytes_sent == 0
      ? "it sends nothing" : "it sends \(Self.messages(winner)) and \(Self.bytes(winner)) for a token"
    return """
      \(traffic), where \(other.strategy) sends \(Self.messages(other)) and \(Self.bytes(other)) and its devices wait \
      \(Self.waitingShare(of: other)) of the time
      """
  }

  private static func messages(_ prediction: LlamaPrediction) -> String {
    let count = Double(prediction.messages ?? 0) / max(1, prediction.tokenCount)
    return "\(formatNumber(count, significantDigits: 3)) messages"
  }

  private static func bytes(_ prediction: LlamaPrediction) -> String {
    DataSize(bytes: Int(prediction.bytes_sent_per_token ?? 0)).description
  }

  private static func waitingShare(of prediction: LlamaPrediction) -> String {
    "\(formatNumber((1 - (prediction.busy_fraction ?? 0)) * 100, significantDigits: 2))%"
  }

  private static func time(_ seconds: Double) -> String { Duration.nearest(seconds: seconds).shortDescription }
}

extension LlamaPrediction {
  /// The strategy, and the device where it was chosen and is one.
  fileprivate var placedName: String {
    placements_tried > 1 && runs_on.count == 1 ? "\(strategy) on \(runs_on[0])" : strategy
  }

  fileprivate var firstToken: Double { time_to_first_token_s ?? .infinity }

  /// Generated tokens, from the figures per token.
  fileprivate var tokenCount: Double {
    guard let energy = energy_j, let each = energy_per_token_j, each > 0 else { return 1 }
    return energy / each
  }

  /// Seconds for each token in which a device of the strategy does not compute, on average.
  fileprivate var waitingPerToken: Double { (total_s ?? 0) * (1 - (busy_fraction ?? 0)) / tokenCount }

  /// Seconds for each token in which a device of the strategy computes, on average.
  fileprivate var computingPerToken: Double { (total_s ?? 0) * (busy_fraction ?? 0) / tokenCount }
}
