import Predictions
import Serving
import SimulationKernel
import Uniference

/// A benchmark of a served model as engines' and InferenceMAX's `benchmark_serving.py` and NVIDIA's AIPerf run it: so many
/// users, each of whom sends the next request once the last one has been answered, all of them their first one at the same
/// instant; what is published are means over all requests.
///
/// Of the requests of a user the first, the last and some between are simulated. The first ones queue behind each other, and
/// the last ones end with fewer others beside them, so they count once each; those between count for all the others.
public struct ServingBenchmark: Sendable {
  /// What is served, and the load, of which only as many requests are simulated as ``simulatedCount``.
  public var scenario: Scenario
  /// How many users there are.
  public var concurrency: Int
  /// How many requests the benchmark has for each user.
  public var requestsPerUser: Int
  /// After how many tokens the server sends them on; a user sees the first one with the others of its piece.
  public var streamInterval = 1

  /// What is published of it.
  public static let metrics: [Metric] = [.meanTimeToFirstToken, .meanTimePerOutputToken]

  /// Fewest requests between the first and the last ones, so that their mean is one.
  private static let fewestBetween = 24

  /// How many requests are simulated where the benchmark has so many for each user.
  public static func simulatedCount(concurrency: Int, requestsPerUser: Int) -> Int {
    let between = min((requestsPerUser - 2) * concurrency, max(concurrency, fewestBetween))
    return requestsPerUser <= 2 ? requestsPerUser * concurrency : 2 * concurrency + between
  }

  /// The benchmark's figures of what was served.
  func figures(of served: [ServedRequests.Row]) -> [Metric: Double] {
    let between = served.count - 2 * concurrency
    let others = Double((requestsPerUser - 2) * concurrency)
    func mean(_ value: (ServedRequests.Row) -> Double?) -> Double? {
      var (sum, weights) = (0.0, 0.0)
      for row in served {
        guard let found = value(row) else { continue }
        let isBetween = row.id >= concurrency && row.id < served.count - concurrency
        let weight = between > 0 && isBetween ? others / Double(between) : 1
        sum += weight * found
        weights += weight
      }
      return weights > 0 ? sum / weights : nil
    }
    var figures: [Metric: Double] = [:]
    figures[.meanTimeToFirstToken] = mean { timeToFirstToken($0) }
    figures[.meanTimePerOutputToken] = mean { row in
      guard let first = timeToFirstToken(row), let latency = row.latency_s, row.output_tokens > 1 else { return nil }
      return (latency - first) / Double(row.output_tokens - 1)
    }
    return figures
  }

  private func timeToFirstToken(_ row: ServedRequests.Row) -> Double? {
    guard let first = row.time_to_first_token_s else { return nil }
    let others = min(streamInterval, row.output_tokens) - 1
    return first + Double(others) * (row.time_per_output_token_s ?? 0)
  }
}

/// The metrics of serving benchmarks.
extension Metric {
  /// From a request until its first token, the mean over the requests.
  public static let meanTimeToFirstToken = Metric(
    "time_to_first_token_mean_s", heading: "TTFT mean", unit: .seconds, .lowerIsBetter)
  /// The mean over the requests of the time between a request's tokens.
  public static let meanTimePerOutputToken = Metric(
    "time_per_output_token_mean_s", heading: "TPOT mean", unit: .seconds, .lowerIsBetter)
}
