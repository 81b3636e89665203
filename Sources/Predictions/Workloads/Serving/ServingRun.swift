import Models
import Serving
import Uniference

/// A served model's program, and the session of its ranks.
///
/// Sendable without checks because ranks run one at a time on one thread.
final class ServingRun: WorkloadRun, @unchecked Sendable {
  /// A quantity that every request has, and its metrics: mean, median, 90th and 99th percentile.
  struct Quantity: Sendable {
    let title: String
    let name: String
    let metrics: [Metric]
    let distribution: @Sendable (ServingReport) -> Distribution?

    init(_ title: String, _ name: String, _ distribution: @escaping @Sendable (ServingReport) -> Distribution?) {
      self.title = title
      self.name = name
      metrics = ["mean", "p50", "p90", "p99"].map {
        Metric("\(name)_\($0)_s", heading: "\(title) \($0)", unit: .seconds, .lowerIsBetter)
      }
      self.distribution = distribution
    }
  }

  static let quantiles = [
    Quantity("TTFT", "time_to_first_token", \.timeToFirstToken),
    Quantity("TPOT", "time_per_output_token", \.timePerOutputToken),
    Quantity("ITL", "inter_token_latency", \.interTokenLatency),
    Quantity("latency", "request_latency", \.latency),
    Quantity("queueing", "queueing_time", \.queueing),
  ]

  private let program: ServingProgram
  private let session: ServingSession
  private let objective: ServingObjective?

  init(_ program: ServingProgram, objective: ServingObjective?) {
    self.program = program
    self.objective = objective
    session = ServingSession(program)
  }

  func run(in context: ModelContext, on rank: Rank) async throws {
    if rank.index == 0 { session.reportProgress(to: rank.reportProgress) }
    try await program.run(on: rank, in: context, session)
  }

  private var report: ServingReport? {
    session.system.map { ServingReport($0, load: program.load, objective: objective) }
  }

  func values(_ simulation: SimulationReport, on ranks: [Int]) -> [Metric: Double] {
    var values = simulation.commonValues(on: ranks)
    values[.totalTime] = simulation.total_s
    guard let report else { return values }
    for quantity in Self.quantiles {
      guard let found = quantity.distribution(report) else { continue }
      for (metric, estimate) in zip(quantity.metrics, found.estimates) { values[metric] = estimate.value }
    }
    values[.requestRate] = report.requestRate
    values[.servedRate] = report.servedRate
    values[.outputTokenRate] = report.outputRate
    values[.totalTokenRate] = report.tokenRate
    values[.goodput] = report.goodput
    values[.attainment] = report.attainment?.value
    values[.meanBatch] = report.meanBatch
    values[.blockShare] = report.blockShare.mean
    values[.peakBlockShare] = report.blockShare.peak
    values[.preemptions] = Double(report.preemptionCount)
    values[.prefixHits] = report.prefixHitShare
    values[.iterations] = Double(report.iterationCount)
    values[.refusedRequests] = Double(report.refusedCount)
    let tokens = report.served.reduce(0) { $0 + $1.outputLength }
    if tokens > 0 { values[.energyPerOutputToken] = simulation.energy_j / Double(tokens) }
    return values
  }

  var output: (any WorkloadOutput)? { report.map { ServedRequests($0, objective: objective) } }
}

extension Distribution {
  /// Mean, median, 90th and 99th percentile.
  var estimates: [Estimate] { [mean, p50, p90, p99] }
}
