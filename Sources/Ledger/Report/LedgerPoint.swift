import Predictions
import Quantities

/// A published figure beside its prediction.
public struct LedgerPoint: Sendable {
  /// The case's id.
  public let id: String
  /// The group that it is averaged in.
  public let category: String
  /// What it is summed up with; `nil` for a point by itself.
  public let group: String?
  /// Which metric.
  public let metric: Metric
  /// As published, in the metric's unit.
  public let measured: Double
  /// How far single measurements spread, where told.
  public let spread: Double?
  /// `nil` where there is no prediction, see ``reason``.
  public let predicted: Double?
  /// Why there is no prediction.
  public let reason: String?
  /// What kind of prediction it is; `nil` where it is of none.
  public let predictionClass: PredictionClass?
  /// In which 90% of such predictions have lain; `nil` without data.
  public private(set) var interval: PredictionInterval?
  /// Who published it.
  public let source: String
  /// How the published figure became the metric.
  public let conversion: String?
  /// What the source does not tell.
  public let caveat: String?
  /// Which mechanism is missing.
  public let residual: String?

  /// max(0, 1 - |predicted - measured| / measured); 0 without a prediction.
  public var accuracy: Double { predicted.map { max(0, 1 - abs($0 - measured) / measured) } ?? 0 }

  /// How much more is predicted than was measured, in terms of that.
  public var error: Double? { predicted.map { ($0 - measured) / measured } }

  /// Whether the prediction is off by at most 10%.
  public var isClose: Bool { accuracy >= 0.9 }

  /// - Parameters:
  ///   - prediction: the predicted value, or why there is none.
  init(
    _ published: PublishedCase, _ figure: PublishedCase.Figure, _ prediction: CasePrediction,
    intervals: ResidualTable?
  ) {
    id = published.id
    category = figure.category ?? published.category
    group = published.group
    metric = figure.metric
    measured = figure.value
    spread = figure.spread
    predicted = prediction.values[figure.metric]
    reason = predicted == nil ? prediction.reason ?? "the metric is not defined in this run" : nil
    predictionClass = prediction.classes[figure.metric]
    source = published.source
    conversion = published.conversion
    caveat = published.caveat
    residual = published.residual
    interval = intervals.flatMap { Self.interval(of: $0, around: predicted, predictionClass) }
  }

  /// The same with an interval of the table's residuals.
  func withInterval(of table: ResidualTable) -> LedgerPoint {
    var point = self
    point.interval = Self.interval(of: table, around: predicted, predictionClass)
    return point
  }

  private static func interval(of table: ResidualTable, around predicted: Double?, _ aClass: PredictionClass?)
    -> PredictionInterval?
  {
    guard let predicted, let aClass else { return nil }
    return table.interval(around: predicted, of: aClass)
  }
}

extension LedgerPoint: Encodable {
  private enum CodingKeys: String, CodingKey {
    case id, category, group, metric, measured, spread, predicted, reason, interval, accuracy, source, conversion,
      caveat
    case residual, error
    case predictionClass = "class"
  }

  /// Writes `null` for a prediction and an interval that are not there.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(id, forKey: .id)
    try container.encode(category, forKey: .category)
    try container.encodeIfPresent(group, forKey: .group)
    try container.encode(metric.name, forKey: .metric)
    try container.encode(measured, forKey: .measured)
    try container.encodeIfPresent(spread, forKey: .spread)
    try container.encode(predicted, forKey: .predicted)
    try container.encodeIfPresent(reason, forKey: .reason)
    try container.encode(interval, forKey: .interval)
    try container.encode(accuracy, forKey: .accuracy)
    try container.encodeIfPresent(error, forKey: .error)
    try container.encodeIfPresent(predictionClass, forKey: .predictionClass)
    try container.encode(source, forKey: .source)
    try container.encodeIfPresent(conversion, forKey: .conversion)
    try container.encodeIfPresent(caveat, forKey: .caveat)
    try container.encodeIfPresent(residual, forKey: .residual)
  }
}
