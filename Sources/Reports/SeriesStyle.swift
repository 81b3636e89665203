import Foundation

/// How the points of one series are drawn, so that no two of many are alike, also in print without colour.
struct SeriesStyle: Hashable {
  /// The shapes of points.
  enum Marker: CaseIterable {
    case circle, square, diamond, triangle, plus, cross, invertedTriangle
  }

  let color: String
  let marker: Marker

  /// The qualitative palette of Okabe and Ito ("Color Universal Design", 2008), which people with any kind of colour vision
  /// tell apart, without its yellow, which is too light on white.
  private static let colors = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000", "#7f7f7f"]

  /// How many series have styles of their own. There are seven markers and eight colours, which have no common divisor.
  static let count = colors.count * Marker.allCases.count

  /// The style of the series of this number.
  init(_ index: Int) {
    color = Self.colors[index % Self.colors.count]
    marker = Marker.allCases[index % Marker.allCases.count]
  }

  /// The marker around a point, as an element of SVG.
  ///
  /// - Parameters:
  ///   - radius: of a circle; other markers cover about as much.
  ///   - title: what shows when it is pointed at, escaped; `nil` for nothing.
  func element(x: Double, y: Double, radius: Double, title: String? = nil) -> String {
    let inside = title.map { "<title>\($0)</title>" } ?? ""
    switch marker {
    case .circle:
      return "<circle cx=\"\(x)\" cy=\"\(y)\" r=\"\(radius)\" \(filled)>\(inside)</circle>"
    case .square: return path(x, y, radius * 0.9, [(-1, -1), (1, -1), (1, 1), (-1, 1)], inside)
    case .diamond: return path(x, y, radius * 1.3, [(0, -1), (1, 0), (0, 1), (-1, 0)], inside)
    case .triangle: return path(x, y, radius * 1.2, [(0, -1), (1, 0.8), (-1, 0.8)], inside)
    case .invertedTriangle: return path(x, y, radius * 1.2, [(0, 1), (1, -0.8), (-1, -0.8)], inside)
    case .plus: return strokes(x, y, radius * 1.2, [((-1, 0), (1, 0)), ((0, -1), (0, 1))], inside)
    case .cross: return strokes(x, y, radius, [((-1, -1), (1, 1)), ((-1, 1), (1, -1))], inside)
    }
  }

  private var filled: String { "fill=\"\(color)\" fill-opacity=\"0.7\"" }

  private func path(_ x: Double, _ y: Double, _ size: Double, _ corners: [(Double, Double)], _ inside: String) -> String
  {
    let points = corners.map { "\(x + size * $0.0),\(y + size * $0.1)" }.joined(separator: " ")
    return "<polygon points=\"\(points)\" \(filled)>\(inside)</polygon>"
  }

  private func strokes(
    _ x: Double, _ y: Double, _ size: Double, _ lines: [((Double, Double), (Double, Double))], _ inside: String
  ) -> String {
    let path = lines.map { start, end in
      "M\(x + size * start.0) \(y + size * start.1)L\(x + size * end.0) \(y + size * end.1)"
    }.joined()
    return "<path d=\"\(path)\" stroke=\"\(color)\" stroke-width=\"2\" fill=\"none\">\(inside)</path>"
  }
}
