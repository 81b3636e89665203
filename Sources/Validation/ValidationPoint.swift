/// One thing that was run for real and predicted.
public struct ValidationPoint: Codable, Hashable, Sendable {
  /// The group that it is averaged in.
  public let family: String
  /// What was done, and where.
  public let name: String
  /// Payload bytes, where there is one figure for them.
  public let bytes: Int?
  /// Median of the real runs.
  public let measured_s: Double
  /// How far single real runs spread: the quartiles' distance in terms of the median.
  public let spread: Double
  /// How far the median moved between repetitions of the whole real side: the range in terms of the median; `nil` where
  /// there was one.
  public let repetition_spread: Double?
  /// What the simulation says.
  public let predicted_s: Double
  /// 1 - |predicted - measured| / measured.
  public let accuracy: Double

  /// - Parameters:
  ///   - repetitions: the samples of each repetition of the real side.
  ///   - predicted: the simulation's samples.
  init(family: String, name: String, bytes: Int?, repetitions: [[Double]], predicted: [Double]) {
    self.family = family
    self.name = name
    self.bytes = bytes
    let all = Statistics(repetitions.flatMap(\.self))
    measured_s = all.median
    spread = all.relativeSpread
    repetition_spread =
      repetitions.count > 1 ? Statistics(repetitions.map { Statistics($0).median }).relativeRange : nil
    predicted_s = Statistics(predicted).median
    accuracy = 1 - abs(predicted_s - measured_s) / measured_s
  }

  /// Payload bytes; points without them that are no models, such as barriers, count as empty.
  var size: Int { bytes ?? (isCollective ? 0 : .max) }

  private var isCollective: Bool { name.hasPrefix("barrier") }

  /// Whether the real run's own noise is larger than the 3% beyond which accuracy cannot be known well.
  public var isNoisy: Bool { max(spread, repetition_spread ?? 0) > 0.03 }
}
