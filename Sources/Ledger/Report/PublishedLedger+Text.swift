import Predictions
import Quantities
import Reports

extension PublishedLedger {
  /// Tables for the terminal: the categories, then the points, the least accurate first.
  public func text(_ format: TableFormat = TableFormat()) -> String {
    var summaries = TextTable(columns: [
      .init("category"), .init("points", .right), .init("mean", .right), .init("median", .right),
      .init("within 10%", .right, leftOut: 1), .init("worst", .right, leftOut: 2),
    ])
    for row in summaryRows { summaries.append(row) }
    var table = TextTable(columns: [
      .init("case"), .init("category", wrapsTo: 14, leftOut: 1), .init("metric", wrapsTo: 14, leftOut: 3),
      .init("measured", .right), .init("predicted", .right), .init("interval", .right, leftOut: 2),
      .init("accuracy", .right),
    ])
    for point in worstFirst {
      table.append([
        point.id, point.category, point.metric.heading, point.measuredText, point.predictedText,
        point.interval?.text ?? "-", Self.percent(point.accuracy),
      ])
    }
    return """
      \(summaries.rendered(format))
      \(table.rendered(format))
      \(format.wrapped(remarks, indent: 2))
      """
  }

  /// A row for each category and one for all points.
  var summaryRows: [[String]] {
    (categories.map { ($0.name, $0.summary) } + (categories.count > 1 ? [("all", overall)] : [])).map { name, summary in
      [
        name, "\(summary.points)", Self.percent(summary.mean), Self.percent(summary.median),
        Self.percent(summary.within_10_percent), Self.percent(summary.worst),
      ]
    }
  }

  /// What is to be said of failed predictions, of intervals, and of what is left out.
  var remarks: String {
    var lines: [String] = []
    for point in points where point.predicted == nil {
      lines.append("* \(point.id) has no prediction: \(point.reason ?? "")")
    }
    let coverage = residuals.coverage
    if let share = coverage.share {
      lines.append(
        """
        An interval is that in which \(Self.percent(residuals.level)) of such predictions have lain. Of \(coverage.count) \
        points, \(Self.percent(share)) lie inside the interval that is made without them.
        """)
    }
    if !leftOut.isEmpty { lines.append("\(leftOut.count) published measurements are left out, each with its reason.") }
    return lines.joined(separator: "\n")
  }

  static func percent(_ fraction: Double) -> String { "\(formatNumber(100 * fraction, significantDigits: 3))%" }
}

extension LedgerPoint {
  var measuredText: String { metric.unit.text(of: measured) }
  var predictedText: String { predicted.map(metric.unit.text(of:)) ?? "none" }

  /// `+12%`: how much more is predicted than was measured.
  var errorText: String {
    guard let error else { return "" }
    return (error < 0 ? "-" : "+") + PublishedLedger.percent(abs(error))
  }
}

extension PredictionInterval {
  /// `±8%`.
  public var text: String { "±\(formatNumber(100 * relative, significantDigits: relative < 0.1 ? 1 : 2))%" }
}
