import Quantities
import Serving
import SimulationKernel

/// What users saw: each request's times, their percentiles with sampling errors, and what makes them doubtful.
public struct ServedRequests: WorkloadOutput {
  /// One request.
  public struct Row: Codable, Hashable, Sendable {
    /// Its number in the order of arrival.
    public let id: Int
    /// The replica that served it.
    public let replica: Int
    /// Tokens of its prompt.
    public let prompt_tokens: Int
    /// Those of them that the prefix cache had.
    public let cached_tokens: Int
    /// Tokens generated.
    public let output_tokens: Int
    /// When it arrived.
    public let arrival_s: Double
    /// From arrival to the beginning of its first iteration.
    public let queueing_s: Double?
    /// From arrival to the first token.
    public let time_to_first_token_s: Double?
    /// The mean time between its tokens.
    public let time_per_output_token_s: Double?
    /// From arrival to the last token.
    public let latency_s: Double?
    /// How often its KV blocks were taken away.
    public let preemptions: Int
    /// Whether it met the objective; `nil` without one.
    public let meets_objective: Bool?

    init(_ record: RequestRecord, _ objective: ServingObjective?) {
      id = record.id
      replica = record.replica
      prompt_tokens = record.promptLength
      cached_tokens = record.cachedCount
      output_tokens = record.outputLength
      arrival_s = record.arrival.seconds
      queueing_s = record.queueing
      time_to_first_token_s = record.timeToFirstToken
      time_per_output_token_s = record.timePerOutputToken
      latency_s = record.latency
      preemptions = record.preemptionCount
      meets_objective = objective.map { $0.isMet(by: record) }
    }
  }

  /// One for each request that was served, in the order of arrival.
  public let requests: [Row]
  /// By quantity: mean and percentiles, each with half of the interval in which the figure of an endless run lies in nine of
  /// ten runs.
  public let distributions: [String: Distribution]
  /// What makes the figures doubtful, a sentence each.
  public let warnings: [String]
  let report: ServingReport
  private let objective: ServingObjective?

  private enum CodingKeys: String, CodingKey { case requests, distributions, warnings }

  init(_ report: ServingReport, objective: ServingObjective?) {
    self.report = report
    self.objective = objective
    requests = report.served.map { Row($0, objective) }
    distributions = Dictionary(
      ServingRun.quantiles.compactMap { quantity in quantity.distribution(report).map { (quantity.name, $0) } },
      uniquingKeysWith: { first, _ in first })
    warnings = report.warnings
  }

  /// Percentiles as a table, then what else there is to say.
  public static func presentation(of outputs: [(strategy: String, output: ServedRequests)]) -> OutputPresentation {
    let isSingle = outputs.count == 1
    var rows: [(name: String, cells: [String])] = []
    for (strategy, output) in outputs {
      for quantity in ServingRun.quantiles {
        guard let found = quantity.distribution(output.report) else { continue }
        rows.append((isSingle ? quantity.title : "\(strategy) \(quantity.title)", found.estimates.map(\.text)))
      }
    }
    let matrix = OutputPresentation.Matrix(title: "of a request", columns: ["mean", "p50", "p90", "p99"], rows: rows)
    return OutputPresentation(
      matrix: rows.isEmpty ? nil : matrix,
      remarks: ["Errors (±) are sampling errors: an endless run lies within them in nine of ten runs."]
        + outputs.flatMap { strategy, output in output.remarks.map { isSingle ? $0 : "\(strategy): \($0)" } })
  }

  private var remarks: [String] {
    var counts = [
      "\(report.served.count) requests served in \(Duration.nearest(seconds: report.duration).shortDescription)",
      "\(report.iterationCount) iterations of \(number(report.meanTokens)) tokens",
      "\(number(report.blockShare.peak * 100))% of the KV blocks at most",
      report.preemptionCount == 1 ? "1 preemption" : "\(report.preemptionCount) preemptions",
    ]
    if let hits = report.prefixHitShare, hits > 0 {
      counts.append("\(number(hits * 100))% of the prompts' tokens in the prefix cache")
    }
    var lines = ["\(counts.joined(separator: ", "))."]
    if let objective, let attainment = report.attainment {
      let error = attainment.error.map { " ±\(number($0 * 100))%" } ?? ""
      let verdict = attainment.value >= objective.share ? "holds" : "does not hold"
      lines.append(
        "\(number(attainment.value * 100))%\(error) of the requests meet the objective, which asks for "
          + "\(number(objective.share * 100))%: it \(verdict).")
    }
    return lines + report.warnings.map { "warning: \($0)" }
  }

  private func number(_ value: Double) -> String { formatNumber(value, significantDigits: 3) }
}

extension Estimate {
  /// `42.3 ms ±4%`.
  fileprivate var text: String {
    let time = Duration.nearest(seconds: value).shortDescription
    guard let error, value > 0 else { return time }
    // Of equal values rounding is left.
    let percent = error / value < 1e-6 ? 0 : error / value * 100
    return "\(time) ±\(formatNumber(percent, significantDigits: 2))%"
  }
}
