import Foundation
import Quantities
import Reports

/// A calibration for people: tables, and a picture.
public struct CalibrationReport: Encodable {
  let figures: [Figure]
  let points: [Point]
  let remarks: [String]
  /// The middle of the residuals' sizes.
  let median_residual: Double
  private let fitted: [FittedPoint]

  struct Figure: Encodable {
    let path: String
    let value: String
    let interval_95: String
    let is_undetermined: Bool
  }

  struct Point: Encodable {
    let name: String
    let bytes: Int?
    let measured_s: Double
    let spread: Double
    let fitted_s: Double
    let residual: Double
  }

  private enum CodingKeys: String, CodingKey { case figures, points, remarks, median_residual }

  /// The tables of a calibration.
  public init(_ calibration: Calibration) {
    figures = calibration.values.map {
      Figure(path: $0.path, value: $0.text, interval_95: $0.intervalText, is_undetermined: $0.isUndetermined)
    }
    fitted = calibration.points
    points = fitted.map {
      Point(
        name: $0.name, bytes: $0.bytes, measured_s: $0.measured_s, spread: $0.spread, fitted_s: $0.fitted_s,
        residual: $0.residual)
    }
    remarks = calibration.remarks
    let sizes = fitted.map(\.residual.magnitude).sorted()
    median_residual = sizes.isEmpty ? 0 : sizes[sizes.count / 2]
  }

  /// Tables for the terminal: what was found, and what remains unexplained.
  public func text(_ format: TableFormat = TableFormat()) -> String {
    var found = TextTable(columns: [.init("figure"), .init("value", .right), .init("with 95%", .right), .init("")])
    for figure in figures {
      found.append([
        figure.path, figure.value, figure.interval_95, figure.is_undetermined ? "hardly measured" : "",
      ])
    }
    var residuals = TextTable(columns: [
      .init("measured"), .init("bytes", .right), .init("median", .right), .init("spread", .right),
      .init("fitted", .right), .init("residual", .right),
    ])
    for point in points {
      residuals.append([
        point.name, point.bytes.map { DataSize(bytes: $0).payloadDescription } ?? "",
        Duration.nearest(seconds: point.measured_s).shortDescription, percent(point.spread),
        Duration.nearest(seconds: point.fitted_s).shortDescription,
        (point.residual >= 0 ? "+" : "") + percent(point.residual),
      ])
    }
    let end = "Half of \(points.count) figures are fitted within \(percent(median_residual))."
    let notes = remarks.map { format.wrapped("* \($0)", indent: 2) }
    return ([found.rendered(format), residuals.rendered(format)] + notes + [end])
      .joined(separator: "\n")
  }

  /// Fitted against measured times.
  public var svg: String {
    let families = fitted.map(\.family).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    return ScatterPlot(
      horizontal: "measured", vertical: "fitted",
      series: families.map { family in
        ScatterPlot.Series(
          name: family,
          points: fitted.filter { $0.family == family }.map {
            .init(
              x: $0.measured_s, y: $0.fitted_s,
              name: $0.name + ($0.bytes.map { ", \(DataSize(bytes: $0).payloadDescription)" } ?? ""))
          })
      }
    ).svg
  }

  private func percent(_ share: Double) -> String { "\(formatNumber(100 * share, significantDigits: 2))%" }
}
