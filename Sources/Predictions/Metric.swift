/// A quantity that predictions state: what it is called, its unit, and which of two values is better.
///
///     let prediction = try experiment.predict()
///     print(prediction[.tokensPerSecond] ?? 0)
public struct Metric: Hashable, Sendable {
  /// What its values are measured in.
  public enum Unit: Hashable, Sendable {
    /// Seconds of virtual time.
    case seconds
    /// Bytes.
    case bytes
    /// Joules.
    case joules
    /// A share, from 0 to 1.
    case fraction
    /// A number of things.
    case count
    /// A number of things in each second.
    case perSecond
  }

  /// Which of two values is the better one.
  public enum Direction: Hashable, Sendable {
    /// The smaller one.
    case lowerIsBetter
    /// The larger one.
    case higherIsBetter
  }

  /// Its key in JSON, which ends with the unit: `time_to_first_token_s`.
  public let name: String
  /// What a table calls it.
  public let heading: String
  /// What its values are measured in.
  public let unit: Unit
  /// Which of two values is better.
  public let direction: Direction

  /// A metric of a workload.
  public init(_ name: String, heading: String, unit: Unit, _ direction: Direction) {
    self.name = name
    self.heading = heading
    self.unit = unit
    self.direction = direction
  }

  /// How good a value is: larger is better. A missing value stands for a time of zero in the denominator of a rate, which
  /// is then infinite, or for a time that was never reached.
  package func merit(of value: Double?) -> Double {
    switch direction {
    case .higherIsBetter: value ?? .infinity
    case .lowerIsBetter: -(value ?? .infinity)
    }
  }
}

/// Metrics of every workload.
extension Metric {
  /// Payload bytes sent by all devices.
  public static let bytesSent = Metric("bytes_sent", heading: "sent", unit: .bytes, .lowerIsBetter)
  /// Messages between all devices.
  public static let messages = Metric("messages", heading: "messages", unit: .count, .lowerIsBetter)
  /// The share of the time that the strategy's devices spent computing.
  public static let busyFraction = Metric("busy_fraction", heading: "busy", unit: .fraction, .higherIsBetter)
  /// Energy of all devices of the cluster, from beginning to end.
  public static let energy = Metric("energy_j", heading: "energy", unit: .joules, .lowerIsBetter)
}

/// What a prediction states of one metric.
public struct MetricValue: Hashable, Sendable {
  /// What was measured.
  public let metric: Metric
  /// In the metric's unit; `nil` where it is not defined, as that of a strategy that does not fit in memory.
  public let value: Double?
}

extension MetricValue {
  /// Writes the value under the metric's name; nothing where there is none.
  func encode(into container: inout KeyedEncodingContainer<FieldName>) throws {
    guard let value else { return }
    let isCounted = metric.unit == .bytes || metric.unit == .count
    if isCounted, let whole = Int(exactly: value) {
      try container.encode(whole, forKey: FieldName(metric.name))
    } else {
      try container.encode(value, forKey: FieldName(metric.name))
    }
  }
}

/// A JSON object's key that is known at run time.
struct FieldName: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init(_ name: String) { stringValue = name }
  init?(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}
