import Predictions
import Quantities
import Uniference

/// A measurement that somebody has published, and what predicts it.
public struct PublishedCase: Sendable {
  /// What is predicted.
  public enum Subject: Sendable {
    /// A model on a cluster; the metrics are those of `simulate --json`.
    case scenario(Scenario)
    /// One collective; the metric is `time_s`.
    case collective(CollectiveBenchmark)
    /// A PyTorch script; the metrics are what it prints.
    case script(ScriptBenchmark)
    /// A served model under a closed loop; the metrics are means over requests.
    case serving(ServingBenchmark)
  }

  /// One published figure.
  public struct Figure: Hashable, Sendable {
    /// Which metric of the prediction it is.
    public let metric: Metric
    /// In the metric's unit.
    public let value: Double
    /// How far single measurements lay from it, relative to it, where the source says so.
    public let spread: Double?
    /// The group that it is averaged in, where it is not its case's.
    public var category: String?
  }

  /// Unique in a ledger: `GF-01`.
  public let id: String
  /// The group that it is averaged in: `single-device decode`.
  public let category: String
  /// What it is summed up with, among many of its kind: `llama-3.1-70b, h200-sxm, vllm`; `nil` for one by itself.
  public var group: String?
  /// What is predicted.
  public let subject: Subject
  /// What was measured, at least one figure.
  public let measured: [Figure]
  /// Who published it, where.
  public let source: String
  /// How the published figure became the metric: `200 tokens at 104.9 tokens/s`.
  public let conversion: String?
  /// What the source does not tell, and what was assumed instead.
  public let caveat: String?
  /// Which mechanism is missing where the prediction is off.
  public let residual: String?
  /// Whether it takes seconds to predict, so that quick checks leave it out.
  public let isSlow: Bool
  /// Where it is written: `gpt-fast.yaml:12: cases[0]`.
  public let place: String

  /// The groups that its figures are averaged in.
  public var categories: [String] {
    measured.reduce(into: []) { names, figure in
      let name = figure.category ?? category
      if !names.contains(name) { names.append(name) }
    }
  }

  /// Where it runs.
  public var cluster: Cluster {
    switch subject {
    case .scenario(let scenario): scenario.cluster
    case .collective(let benchmark): benchmark.cluster
    case .script(let benchmark): benchmark.cluster
    case .serving(let benchmark): benchmark.scenario.cluster
    }
  }
}

/// The metric of collectives.
extension Metric {
  /// From the call of a collective, on all ranks at once, until the last rank has its result.
  public static let collectiveTime = Metric("time_s", heading: "time", unit: .seconds, .lowerIsBetter)
}

/// A published measurement that no case is made of.
public struct LeftOutMeasurement: Codable, Hashable, Sendable {
  /// What the ledger calls it.
  public let id: String
  /// What was measured, and where.
  public let what: String
  /// Why it is left out.
  public let reason: String
}
