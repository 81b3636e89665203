import Foundation
import Quantities

/// Predicted against measured times of all points, as a picture in SVG: points on the diagonal are exact.
public struct AccuracyPlot {
  private let points: [ValidationPoint]
  private static let size = 560.0
  private static let margin = 70.0
  private static let colors = ["#1f6feb", "#d1512d", "#2d9a54", "#8250df", "#b58900", "#57606a"]

  /// - Precondition: there is a point.
  public init(_ points: [ValidationPoint]) { self.points = points }

  /// The picture.
  public var svg: String {
    let families = Set(points.map(\.family)).sorted()
    let times = points.flatMap { [$0.measured_s, $0.predicted_s] }.filter { $0 > 0 }
    let low = floor(log10(times.min() ?? 1e-6))
    let high = max(low + 1, ceil(log10(times.max() ?? 1)))
    func place(_ seconds: Double) -> Double { (log10(seconds) - low) / (high - low) * Self.size }
    let (width, height) = (Self.size + Self.margin + 170, Self.size + 2 * Self.margin)
    var lines = [
      """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)" \
      font-family="sans-serif" font-size="13" fill="#24292f">
      <rect width="100%" height="100%" fill="white"/>
      <g transform="translate(\(Self.margin), \(Self.margin / 2))">
      <line x1="0" y1="\(Self.size)" x2="\(Self.size)" y2="0" stroke="#57606a" stroke-dasharray="5 4"/>
      """
    ]
    for decade in Int(low)...Int(high) {
      let position = place(pow(10, Double(decade)))
      let label = Duration.seconds(pow(10, Double(decade))).shortDescription
      lines += [
        "<line x1=\"\(position)\" y1=\"0\" x2=\"\(position)\" y2=\"\(Self.size)\" stroke=\"#d0d7de\"/>",
        "<line x1=\"0\" y1=\"\(Self.size - position)\" x2=\"\(Self.size)\" y2=\"\(Self.size - position)\" "
          + "stroke=\"#d0d7de\"/>",
        "<text x=\"\(position)\" y=\"\(Self.size + 20)\" text-anchor=\"middle\">\(label)</text>",
        "<text x=\"-8\" y=\"\(Self.size - position + 4)\" text-anchor=\"end\">\(label)</text>",
      ]
    }
    for point in points where point.measured_s > 0 && point.predicted_s > 0 {
      let color = Self.colors[(families.firstIndex(of: point.family) ?? 0) % Self.colors.count]
      lines.append(
        "<circle cx=\"\(place(point.measured_s))\" cy=\"\(Self.size - place(point.predicted_s))\" r=\"4\" "
          + "fill=\"\(color)\" fill-opacity=\"0.7\"><title>\(Self.escaped(point.name))</title></circle>")
    }
    for (index, family) in families.enumerated() {
      let y = 20.0 + 22 * Double(index)
      lines += [
        "<circle cx=\"\(Self.size + 24)\" cy=\"\(y - 4)\" r=\"5\" fill=\"\(Self.colors[index % Self.colors.count])\"/>",
        "<text x=\"\(Self.size + 36)\" y=\"\(y)\">\(Self.escaped(family))</text>",
      ]
    }
    lines += [
      "<text x=\"\(Self.size / 2)\" y=\"\(Self.size + 46)\" text-anchor=\"middle\">measured</text>",
      "<text transform=\"translate(-56, \(Self.size / 2)) rotate(-90)\" text-anchor=\"middle\">predicted</text>",
      "</g>", "</svg>", "",
    ]
    return lines.joined(separator: "\n")
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing("\"", with: "&quot;")
  }
}
