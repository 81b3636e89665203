/// A figure that was found by fitting, with how sure it is.
public struct FittedValue: Hashable, Sendable {
  /// Which parameter it is.
  public let key: ParameterKey
  /// In seconds, bytes and their quotients.
  public let value: Double
  /// Where it lies with a probability of 95%.
  public let interval: ClosedRange<Double>
  /// Whether the measurements say little of it, so that it is mostly what was thought beforehand.
  public let isUndetermined: Bool
  let unit: FigureUnit

  init(
    _ key: ParameterKey, value: Double, interval: ClosedRange<Double>, isUndetermined: Bool = false, unit: FigureUnit
  ) {
    self.key = key
    self.value = value
    self.interval = interval
    self.isUndetermined = isUndetermined
    self.unit = unit
  }

  /// Where it stands in a cluster file: `network.transport.send.per_message`.
  public var path: String { key.path }

  /// Whether it is a rate of which the measurements hardly say the order of magnitude.
  public var isDoubtful: Bool {
    switch unit {
    case .bandwidth, .memoryRate, .computeRate: interval.upperBound > 5 * interval.lowerBound
    case .duration, .perByte, .size, .ratio: false
    }
  }

  /// With its unit: `12.3 us`.
  public var text: String { unit.text(value) }

  /// `11.2 us to 13.4 us`.
  public var intervalText: String {
    let ends = [unit.text(interval.lowerBound), unit.text(interval.upperBound)]
    // A longer time for a byte is a lower rate.
    return unit == .perByte ? "\(ends[1]) to \(ends[0])" : "\(ends[0]) to \(ends[1])"
  }
}

/// A figure as it was measured and as the fitted model has it.
public struct FittedPoint: Hashable, Sendable {
  /// What was measured, and where: `stream, 2 ranks`.
  public let name: String
  /// The group that it is counted in: `stream`.
  public let family: String
  /// Payload, where there is one.
  public let bytes: Int?
  /// The median.
  public let measured_s: Double
  /// How far apart the quartiles are, in terms of the median.
  public let spread: Double
  /// What the model says.
  public let fitted_s: Double

  /// The share by which the model is too long.
  public var residual: Double { fitted_s / measured_s - 1 }
}
