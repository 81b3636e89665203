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
    figures[.meanTimeToFirstToken] = mean(\.time_to_first_token_s)
    figures[.meanTimePerOutputToken] = mean(\.time_per_output_token_s)
    return figures
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
