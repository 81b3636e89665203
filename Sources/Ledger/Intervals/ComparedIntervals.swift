import Documents
import Models
import Predictions
import Results
import Uniference

/// Whether the times of two records differ by more than predictions are known.
public struct ComparedIntervals: Encodable, Sendable {
  /// In which the first run's time is expected to lie; `nil` for a real run, and where nothing is known.
  public let a: PredictionInterval?
  /// The same of the second run.
  public let b: PredictionInterval?
  /// Whether each time lies outside the other one's interval; `nil` without any interval.
  public let difference_exceeds_both: Bool?

  /// - Parameters:
  ///   - first: how long the first run took, in seconds.
  ///   - second: how long the second run took.
  ///   - table: residuals of published cases; `nil` where there are none.
  public init(_ a: RunManifest, _ first: Double, _ b: RunManifest, _ second: Double, _ table: ResidualTable?) {
    self.a = a.predictionClass.flatMap { table?.interval(around: first, of: $0) }
    self.b = b.predictionClass.flatMap { table?.interval(around: second, of: $0) }
    let outside = [(self.a, second), (self.b, first)].compactMap { interval, time in
      interval.map { time < $0.low || time > $0.high }
    }
    difference_exceeds_both = outside.isEmpty ? nil : outside.allSatisfy(\.self)
  }

  /// A sentence for people.
  public var text: String {
    let known = [a.map { "A \($0.text)" }, b.map { "B \($0.text)" }].compactMap(\.self).joined(separator: ", ")
    return switch difference_exceeds_both {
    case nil: "Whether the difference is larger than predictions' errors is not known: they are not validated for this."
    case true?: "The difference is larger than what such predictions have been off by (\(known))."
    case false?: "The difference is within what such predictions have been off by (\(known)), so it may be none."
    }
  }

  /// Writes `null` for what is not known.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(a, forKey: .a)
    try container.encode(b, forKey: .b)
    try container.encode(difference_exceeds_both, forKey: .difference_exceeds_both)
  }

  private enum CodingKeys: String, CodingKey { case a, b, difference_exceeds_both }
}

extension RunManifest {
  /// What kind of prediction the whole time is: that of a scenario whose compute time comes from the devices' figures;
  /// `nil` of anything else, as of real runs.
  var predictionClass: PredictionClass? {
    guard inputs.compute?.source == ComputeBasis.Source.roofline.rawValue, let scenario = try? recordedScenario(),
      let strategy = inputs.arguments.first == "--strategy" ? inputs.arguments.dropFirst().first : nil,
      let count = try? ParallelStrategy(parsing: strategy).deviceCount
    else { return nil }
    let metric: Metric = scenario.workload is TextGeneration ? .totalTime : .latency
    // Which ones of unequal devices were chosen, the record does not say.
    let kinds = Set(scenario.cluster.devices.map { $0.specification.hardware })
    guard kinds.count == 1 else { return nil }
    return PredictionClass(
      metric, of: scenario.workload, on: scenario.cluster, devices: scenario.cluster.devices.prefix(count).map(\.name))
  }

  /// The scenario again, from the texts that the record keeps.
  private func recordedScenario() throws -> Scenario? {
    guard let text = inputs.scenario else { return nil }
    var value = try DocumentValue(yaml: text, file: "scenario")
    if let cluster = inputs.cluster {
      value = value.settingMember("cluster", to: try DocumentValue(yaml: cluster, file: "cluster"))
    }
    let settings = try (inputs.settings ?? []).map { try DocumentOverride(parsing: $0) }
    return try Scenario(value, name: "scenario", overrides: settings)
  }
}

extension DocumentValue {
  fileprivate func settingMember(_ name: String, to value: DocumentValue) -> DocumentValue {
    guard case .mapping(let entries) = content else { return self }
    var changed = self
    changed.content = .mapping(
      entries.map { entry in
        var entry = entry
        if entry.name == name { entry.value = value }
        return entry
      })
    return changed
  }
}
