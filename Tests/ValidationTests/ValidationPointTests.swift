import Foundation
import Testing

@testable import Validation

@Suite("Points of a validation")
struct ValidationPointTests {
  @Test("lines of JSON are found among what ranks print, with a rank before them or not")
  func lines() {
    let output = """
      [0] hello {not json}
      [0] {"point": "all_reduce", "bytes": 1024, "samples_s": [0.1, 0.3, 0.2]}
      {"point": "barrier", "bytes": null, "samples_s": [1]}
      """
    let points = MeasuredPoint.points(in: output)
    #expect(points.map(\.point) == ["all_reduce", "barrier"])
    #expect(points.map(\.bytes) == [1024, nil])
    #expect(points[0].samples_s == [0.1, 0.3, 0.2])
  }

  /// Hyndman and Fan's definition 7, as NumPy's `quantile` has it by default.
  @Test(
    "quantiles lie between the closest samples",
    arguments: [(0.0, 1.0), (0.25, 1.75), (0.5, 2.5), (0.75, 3.25), (1.0, 4.0)])
  func quantiles(fraction: Double, expected: Double) {
    #expect(abs(Statistics([4, 1, 3, 2]).quantile(fraction) - expected) < 1e-12)
  }

  @Test("accuracy is one minus the relative error of the medians; repetitions tell how far real medians move")
  func accuracy() throws {
    let point = ValidationPoint(
      family: "f", name: "n", bytes: nil, repetitions: [[1.0, 1.1, 0.9], [1.02, 1.0, 1.01], [0.98, 1.0, 1.0]],
      predicted: [0.97, 0.95, 0.96])
    #expect(abs(point.measured_s - 1.0) < 1e-12)
    #expect(abs(point.accuracy - 0.96) < 1e-12)
    #expect(abs(try #require(point.repetition_spread) - 0.01) < 1e-12)
    #expect(!point.isNoisy)
  }

  @Test("predictions that are too long by as much as the measurement are not accurate at all")
  func overestimate() {
    let point = ValidationPoint(family: "f", name: "n", bytes: 1, repetitions: [[1]], predicted: [2])
    #expect(point.accuracy == 0)
  }

  @Test("a real side whose medians move by more than 3% is marked")
  func noise() {
    let point = ValidationPoint(family: "f", name: "n", bytes: 1, repetitions: [[1.0], [1.05]], predicted: [1])
    #expect(point.isNoisy)
    #expect(ValidationReport([point], machine: nil).text().contains(" *"))
  }

  @Test("one repetition does not tell how far medians move")
  func singleRepetition() throws {
    let point = ValidationPoint(family: "f", name: "n", bytes: 1024, repetitions: [[1.0, 1.01]], predicted: [1])
    #expect(point.repetition_spread == nil)
    let rows = ValidationReport([point], machine: nil).markdown(command: "c", plot: "p").split(separator: "\n")
    let cells = try #require(rows.last).split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    #expect(cells[1] == "1 KiB" && cells[4] == "-")
  }
}
