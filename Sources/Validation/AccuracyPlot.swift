import Reports

/// Predicted against measured times of all points, as a picture in SVG: points on the diagonal are exact.
public struct AccuracyPlot {
  private let points: [ValidationPoint]

  /// - Precondition: there is a point.
  public init(_ points: [ValidationPoint]) { self.points = points }

  /// The picture.
  public var svg: String {
    ScatterPlot(
      horizontal: "measured", vertical: "predicted",
      series: Set(points.map(\.family)).sorted().map { family in
        ScatterPlot.Series(
          name: family,
          points: points.filter { $0.family == family }.map {
            ScatterPlot.Point(x: $0.measured_s, y: $0.predicted_s, name: $0.name)
          })
      }
    ).svg
  }
}
