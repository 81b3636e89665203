import Foundation
import Testing

@testable import Reports

/// Plots of many series.
@Suite struct ScatterPlotTests {
  @Test("no two series look alike")
  func noTwoSeriesLookAlike() {
    let styles = (0..<SeriesStyle.count).map { SeriesStyle($0) }
    #expect(Set(styles).count == styles.count && styles.count == 56)
    // Neighbours in the legend differ in both colour and shape.
    for (first, second) in zip(styles, styles.dropFirst()) {
      #expect(first.color != second.color && first.marker != second.marker)
    }
  }

  @Test("every point and every name of the legend has its series' marker")
  func everyPointAndEveryNameOfTheLegendHasItsSeriesMarker() throws {
    let series = (0..<13).map { index in
      ScatterPlot.Series(
        name: "series \(index)",
        points: (1...3).map { ScatterPlot.Point(x: 0.001 * Double($0), y: 0.002 * Double(index + 1), name: "<\($0)>") })
    }
    let svg = ScatterPlot(horizontal: "measured", vertical: "fitted", series: series).svg
    let markers = svg.matches(of: /<(circle|polygon|path) [^>]*>(<title>&lt;[123]><\/title>)?<\/\1>/)
    #expect(markers.count == 13 * (3 + 1))
    #expect(markers.filter { $0.2 != nil }.count == 13 * 3)
    #expect(svg.matches(of: />series [0-9]+</).count == 13)
    let styles = (0..<13).map { SeriesStyle($0).element(x: 0, y: 0, radius: 4) }
    #expect(Set(styles).count == 13)
  }

  @Test("the picture is wide enough for the longest name of the legend")
  func longNames() throws {
    func width(_ name: String) throws -> Double {
      let svg = ScatterPlot(
        horizontal: "x", vertical: "y", series: [.init(name: name, points: [.init(x: 1, y: 1, name: "p")])]
      ).svg
      return try #require(Double(svg.firstMatch(of: /width="([0-9.]+)"/)?.1 ?? ""))
    }
    #expect(try width("decode") == width("prefill"))
    #expect(try width("tensor-parallel decode of encoders") > width("decode"))
  }

  @Test("points that no logarithm shows are left out")
  func pointsThatNoLogarithmShowsAreLeftOut() {
    let plot = ScatterPlot(
      horizontal: "x", vertical: "y", series: [.init(name: "s", points: [.init(x: 0, y: 1, name: "zero")])])
    #expect(!plot.svg.contains("zero"))
  }
}
