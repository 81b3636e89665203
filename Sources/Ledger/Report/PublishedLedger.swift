import Predictions

/// How well predictions hold against published measurements, by category and in all.
public struct PublishedLedger: Encodable, Sendable {
  /// All points, in the order of the cases.
  public let points: [LedgerPoint]
  /// Each category's summary, in the order of the cases.
  public let categories: [Category]
  /// Of all points.
  public let overall: Summary
  /// What is left out, and why.
  public let leftOut: [LeftOutMeasurement]
  /// The residuals of all points.
  public let residuals: ResidualTable

  /// Points that are averaged together.
  public struct Category: Encodable, Sendable {
    /// What they are.
    public let name: String
    /// What they come to.
    public let summary: Summary
  }

  /// What the accuracies of some points come to.
  public struct Summary: Encodable, Sendable {
    /// How many there are.
    public let points: Int
    /// The mean.
    public let mean: Double
    /// The middle one.
    public let median: Double
    /// The share of those that are off by at most 10%.
    public let within_10_percent: Double
    /// The smallest.
    public let worst: Double

    /// - Precondition: there is a point.
    init(_ points: [LedgerPoint]) {
      let accuracies = points.map(\.accuracy).sorted()
      let count = accuracies.count
      self.points = count
      mean = accuracies.reduce(0, +) / Double(count)
      median = (accuracies[(count - 1) / 2] + accuracies[count / 2]) / 2
      within_10_percent = Double(points.count(where: \.isClose)) / Double(count)
      worst = accuracies[0]
    }
  }

  /// - Precondition: there is a point.
  init(_ points: [LedgerPoint], leftOut: [LeftOutMeasurement]) {
    self.points = points
    self.leftOut = leftOut
    var names: [String] = []
    for point in points where !names.contains(point.category) { names.append(point.category) }
    categories = names.map { name in Category(name: name, summary: Summary(points.filter { $0.category == name })) }
    overall = Summary(points)
    residuals = ResidualTable(
      points.compactMap { point in
        guard let aClass = point.predictionClass, let predicted = point.predicted, predicted > 0 else { return nil }
        return (aClass, ResidualTable.residual(measured: point.measured, predicted: predicted))
      })
  }

  /// The points, the least accurate first.
  public var worstFirst: [LedgerPoint] {
    points.enumerated().sorted { ($0.element.accuracy, $0.offset) < ($1.element.accuracy, $1.offset) }.map(\.element)
  }

  private enum CodingKeys: String, CodingKey {
    case points, categories, overall, mean_accuracy, left_out, coverage
  }

  /// Writes the categories as a mapping, and the mean of each one under `mean_accuracy`.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    let summaries = Dictionary(categories.map { ($0.name, $0.summary) }, uniquingKeysWith: { first, _ in first })
    try container.encode(points, forKey: .points)
    try container.encode(summaries, forKey: .categories)
    try container.encode(summaries.mapValues(\.mean), forKey: .mean_accuracy)
    try container.encode(overall, forKey: .overall)
    try container.encode(leftOut, forKey: .left_out)
    try container.encode(residuals.coverage, forKey: .coverage)
  }
}

extension PublishedLedger {
  /// The same with intervals of other residuals.
  public func withIntervals(_ table: ResidualTable) -> PublishedLedger {
    PublishedLedger(points.map { $0.withInterval(of: table) }, leftOut: leftOut)
  }
}
