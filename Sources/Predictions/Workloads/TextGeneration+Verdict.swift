import Quantities
import Uniference

extension TextGeneration {
  /// Which strategy generates fastest and why, and which one shows a token first.
  public func verdict(winner: Prediction, among fitting: [Prediction]) -> String {
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

  private static func speed(of prediction: Prediction) -> String {
    guard let rate = prediction[.tokensPerSecond] else { return ": its tokens take no time" }
    return " with \(formatNumber(rate, significantDigits: 3)) tokens/s"
  }

  private func comparison(of winner: Prediction, with other: Prediction) -> String {
    guard winner[.tokensPerSecond] != nil else {
      return other[.tokensPerSecond] == nil
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
  private func reason(for winner: Prediction, over other: Prediction) -> String {
    let savedWait = other.waitingPerToken - winner.waitingPerToken
    let savedWork = other.computingPerToken - winner.computingPerToken
    guard savedWait >= savedWork else {
      return """
        each of its devices computes \(Self.time(winner.computingPerToken)) for a token, each of \(other.strategy) \
        \(Self.time(other.computingPerToken))
        """
    }
    let traffic =
      winner[.bytesSent] == 0
      ? "it sends nothing" : "it sends \(Self.messages(winner)) and \(Self.bytes(winner)) for a token"
    return """
      \(traffic), where \(other.strategy) sends \(Self.messages(other)) and \(Self.bytes(other)) and its devices wait \
      \(Self.waitingShare(of: other)) of the time
      """
  }

  private static func messages(_ prediction: Prediction) -> String {
    let count = (prediction[.messages] ?? 0) / max(1, prediction.tokenCount)
    return "\(formatNumber(count, significantDigits: 3)) messages"
  }

  private static func bytes(_ prediction: Prediction) -> String {
    DataSize(bytes: Int(prediction[.bytesSentPerToken] ?? 0)).description
  }

  private static func waitingShare(of prediction: Prediction) -> String {
    "\(formatNumber((1 - (prediction[.busyFraction] ?? 0)) * 100, significantDigits: 2))%"
  }

  private static func time(_ seconds: Double) -> String { Duration.nearest(seconds: seconds).shortDescription }
}

extension Prediction {
  fileprivate var rate: Double { Metric.tokensPerSecond.merit(of: self[.tokensPerSecond]) }

  fileprivate var firstToken: Double { self[.timeToFirstToken] ?? .infinity }

  /// Generated tokens, from the values per token.
  fileprivate var tokenCount: Double {
    guard let energy = self[.energy], let each = self[.energyPerToken], each > 0 else { return 1 }
    return energy / each
  }

  /// Seconds for each token in which a device of the strategy does not compute, on average.
  fileprivate var waitingPerToken: Double {
    (self[.totalTime] ?? 0) * (1 - (self[.busyFraction] ?? 0)) / tokenCount
  }

  /// Seconds for each token in which a device of the strategy computes, on average.
  fileprivate var computingPerToken: Double { (self[.totalTime] ?? 0) * (self[.busyFraction] ?? 0) / tokenCount }
}
