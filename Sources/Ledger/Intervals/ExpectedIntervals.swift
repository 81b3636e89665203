import Predictions
import Uniference

/// Where the figures of a prediction are expected to lie.
public struct ExpectedIntervals: Sendable {
  /// By metric; those of which nothing is known are left out.
  public let intervals: [Metric: PredictionInterval]
  /// Why there are none; `nil` where there are some.
  public let reason: String?

  /// Those of a scenario's prediction.
  ///
  /// - Parameter table: residuals of published cases; `nil` where there are none.
  public init(_ prediction: Prediction, of workload: any Workload, on cluster: Cluster, _ table: ResidualTable?) {
    guard prediction.compute.source == .roofline else {
      intervals = [:]
      reason = "Not validated: the ledger has no cases whose compute time was measured or recorded."
      return
    }
    guard let table else {
      intervals = [:]
      reason = prediction.fits ? "Not validated: the published cases are not beside this program." : nil
      return
    }
    var intervals: [Metric: PredictionInterval] = [:]
    for value in prediction.metrics {
      guard let predicted = value.value,
        let aClass = PredictionClass(value.metric, of: workload, on: cluster, devices: prediction.runs_on)
      else { continue }
      intervals[value.metric] = table.interval(around: predicted, of: aClass)
    }
    self.intervals = intervals
    let kind = workload is ServingTask ? "serving" : "this kind of device"
    reason = intervals.isEmpty && prediction.fits ? "Not validated for \(kind)." : nil
  }
}

extension ExpectedIntervals {
  /// How the intervals were made, for a line under a table; `nil` where there are none.
  public static func explanation(_ all: [ExpectedIntervals], level: Double = ResidualTable.defaultLevel) -> String? {
    var bases: [String] = []
    for interval in all.flatMap({ $0.intervals.sorted { $0.key.name < $1.key.name } }).map(\.value) {
      let text = "\(interval.count) of \(interval.basis)"
      if !bases.contains(text) { bases.append(text) }
    }
    guard !bases.isEmpty else { return all.lazy.compactMap(\.reason).first }
    return """
      ±: in which \(PublishedLedger.percent(level)) of such predictions have lain (\(bases.joined(separator: "; "))).
      """
  }
}

extension ExpectedIntervals: Encodable {
  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// Writes `interval`, by metric, and `validation`, the reason why there is none, into the object of a prediction.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    if let reason {
      try container.encodeNil(forKey: Key("interval"))
      try container.encode(reason, forKey: Key("validation"))
    } else {
      let named = Dictionary(intervals.map { ($0.key.name, $0.value) }, uniquingKeysWith: { first, _ in first })
      try container.encode(named, forKey: Key("interval"))
    }
  }
}
