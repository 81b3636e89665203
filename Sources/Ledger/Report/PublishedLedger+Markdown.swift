import Predictions
import Reports

extension PublishedLedger {
  /// The ledger as a page of Markdown.
  ///
  /// - Parameters:
  ///   - command: what regenerates it.
  ///   - plot: the plot's path relative to the page.
  public func markdown(command: String, plot: String) -> String {
    """
    # Predictions beside published measurements

    Each case is a measurement that others have published, and what is predicted of it. No case has a figure of its
    own, but figures of engines and of kernels were fitted to such measurements, these among them: one set for each engine
    and device ([runtimes](runtimes.md)), so that what is new is less accurate than this.
    Regenerate this page by `\(command)`. [validation.md](validation.md#published-measurements) tells how to add cases
    of your own.

    Accuracy is 1 - |predicted - measured| / measured, and 0 where that is negative.

    | category | points | mean | median | within 10% | worst |
    | --- | ---: | ---: | ---: | ---: | ---: |
    \(rows(summaryRows))

    ![Predicted against measured times](\(plot))

    \(remarks)

    ## Points, the least accurate first

    | case | category | metric | measured | predicted | error | interval | accuracy |
    | --- | --- | --- | ---: | ---: | ---: | ---: | ---: |
    \(rows(worstFirst.map(Self.cells)))

    ## What is missing where predictions are off by more than 10%

    \(residualList)

    ## Sources and caveats

    \(sourceList)

    ## Left out

    \(leftOut.isEmpty ? "Nothing." : leftOut.map { "* \($0.id), \($0.what): \($0.reason)" }.joined(separator: "\n"))

    """
  }

  /// Predicted against measured times, as a picture in SVG; of rates, the time of one token.
  public var plot: String {
    ScatterPlot(
      horizontal: "measured (of rates: time of one)", vertical: "predicted",
      series: categories.map { category in
        ScatterPlot.Series(
          name: category.name,
          points: points.filter { $0.category == category.name }.compactMap { point in
            guard let predicted = point.predicted else { return nil }
            let isRate = point.metric.unit == .perSecond
            return ScatterPlot.Point(
              x: isRate ? 1 / point.measured : point.measured, y: isRate ? 1 / predicted : predicted, name: point.id)
          })
      }
    ).svg
  }

  private func rows(_ cells: [[String]]) -> String {
    cells.map { "| " + $0.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |" }
      .joined(separator: "\n")
  }

  private static func cells(of point: LedgerPoint) -> [String] {
    [
      point.id, point.category, "`\(point.metric.name)`", point.measuredText, point.predictedText, point.errorText,
      point.interval?.text ?? "-", percent(point.accuracy),
    ]
  }

  /// Cases under the mechanism that each misses, those of the largest errors first.
  private var residualList: String {
    let off = worstFirst.filter { !$0.isClose }
    guard !off.isEmpty else { return "None is." }
    return Self.grouped(off, by: { $0.residual ?? "Not explained yet" }).map { reason, points in
      "* \(reason): \(points.map { "\($0.id) (\($0.predicted == nil ? "none" : $0.errorText))" }.joined(separator: ", "))."
    }.joined(separator: "\n")
  }

  private var sourceList: String {
    Self.grouped(points, by: \.source).map { source, points in
      let notes = points.filter { $0.conversion != nil || $0.caveat != nil }.map { point in
        "  * \(point.id): " + [point.conversion, point.caveat].compactMap(\.self).joined(separator: "; ")
      }
      return (["* \(source)"] + notes).joined(separator: "\n")
    }.joined(separator: "\n")
  }

  /// Points under equal texts, in the order of their first ones.
  private static func grouped(_ points: [LedgerPoint], by text: (LedgerPoint) -> String)
    -> [(text: String, points: [LedgerPoint])]
  {
    var groups: [(text: String, points: [LedgerPoint])] = []
    for point in points {
      let text = text(point)
      if let index = groups.firstIndex(where: { $0.text == text }) {
        groups[index].points.append(point)
      } else {
        groups.append((text, [point]))
      }
    }
    return groups
  }
}
