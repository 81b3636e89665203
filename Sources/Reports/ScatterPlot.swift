import Foundation
import Quantities

/// Durations against durations on logarithmic axes, as a picture in SVG: points on the diagonal are equal.
public struct ScatterPlot {
  /// Points of one colour and shape.
  public struct Series {
    let name: String
    let points: [Point]

    /// Points under a name.
    public init(name: String, points: [Point]) {
      self.name = name
      self.points = points
    }
  }

  /// One point, in seconds. Those that are not positive are left out.
  public struct Point {
    let x: Double
    let y: Double
    let name: String

    /// A point that shows its name when it is pointed at.
    public init(x: Double, y: Double, name: String) {
      self.x = x
      self.y = y
      self.name = name
    }
  }

  private let horizontal: String
  private let vertical: String
  private let series: [Series]
  /// Exponents of ten at the axes' ends.
  private let low: Double
  private let high: Double

  private static let size = 560.0
  private static let margin = 70.0
  private static let leastLegendWidth = 170.0

  /// - Parameters:
  ///   - horizontal: what the axis to the right shows.
  ///   - vertical: what the axis upwards shows.
  public init(horizontal: String, vertical: String, series: [Series]) {
    self.horizontal = horizontal
    self.vertical = vertical
    self.series = series
    let times = series.flatMap(\.points).flatMap { [$0.x, $0.y] }.filter { $0 > 0 }
    low = floor(log10(times.min() ?? 1e-6))
    high = max(low + 1, ceil(log10(times.max() ?? 1)))
  }

  /// Room for the longest name at about 7.5 pixels a letter, beside its marker.
  private var legendWidth: Double {
    series.reduce(Self.leastLegendWidth) { max($0, 44 + 7.5 * Double($1.name.count)) }
  }

  /// The picture.
  public var svg: String {
    let (width, height) = (Self.size + Self.margin + legendWidth, Self.size + 2 * Self.margin)
    let head = """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)" \
      font-family="sans-serif" font-size="13" fill="#24292f">
      <rect width="100%" height="100%" fill="white"/>
      <g transform="translate(\(Self.margin), \(Self.margin / 2))">
      <line x1="0" y1="\(Self.size)" x2="\(Self.size)" y2="0" stroke="#57606a" stroke-dasharray="5 4"/>
      """
    return
      ([head] + grid + series.indices.flatMap(markers) + series.indices.flatMap(legend) + titles + [
        "</g>", "</svg>", "",
      ])
      .joined(separator: "\n")
  }

  private func place(_ seconds: Double) -> Double { (log10(seconds) - low) / (high - low) * Self.size }

  private var grid: [String] {
    (Int(low)...Int(high)).flatMap { decade in
      let position = place(pow(10, Double(decade)))
      let label = Duration.nearest(seconds: pow(10, Double(decade))).shortDescription
      return [
        "<line x1=\"\(position)\" y1=\"0\" x2=\"\(position)\" y2=\"\(Self.size)\" stroke=\"#d0d7de\"/>",
        "<line x1=\"0\" y1=\"\(Self.size - position)\" x2=\"\(Self.size)\" y2=\"\(Self.size - position)\" "
          + "stroke=\"#d0d7de\"/>",
        "<text x=\"\(position)\" y=\"\(Self.size + 20)\" text-anchor=\"middle\">\(label)</text>",
        "<text x=\"-8\" y=\"\(Self.size - position + 4)\" text-anchor=\"end\">\(label)</text>",
      ]
    }
  }

  private func markers(_ index: Int) -> [String] {
    let style = SeriesStyle(index)
    return series[index].points.filter { $0.x > 0 && $0.y > 0 }.map { point in
      style.element(
        x: place(point.x), y: Self.size - place(point.y), radius: 4, title: escaped(point.name))
    }
  }

  private func legend(_ index: Int) -> [String] {
    let y = 20.0 + 22 * Double(index)
    return [
      SeriesStyle(index).element(x: Self.size + 24, y: y - 4, radius: 5),
      "<text x=\"\(Self.size + 36)\" y=\"\(y)\">\(escaped(series[index].name))</text>",
    ]
  }

  private var titles: [String] {
    [
      "<text x=\"\(Self.size / 2)\" y=\"\(Self.size + 46)\" text-anchor=\"middle\">\(escaped(horizontal))</text>",
      "<text transform=\"translate(-60, \(Self.size / 2)) rotate(-90)\" text-anchor=\"middle\">"
        + "\(escaped(vertical))</text>",
    ]
  }

  private func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing("\"", with: "&quot;")
  }
}
