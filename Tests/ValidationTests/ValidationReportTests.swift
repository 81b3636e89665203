import Foundation
import Testing

@testable import Validation

@Suite("Reports of a validation")
struct ValidationReportTests {
  private func point(_ family: String, _ name: String, _ bytes: Int?, accuracy: Double) -> ValidationPoint {
    ValidationPoint(family: family, name: name, bytes: bytes, repetitions: [[1]], predicted: [accuracy])
  }

  private var report: ValidationReport {
    ValidationReport([
      point("models", "MLP", nil, accuracy: 0.99), point("collectives", "all_reduce", 1 << 20, accuracy: 0.97),
      point("collectives", "all_reduce", 1 << 16, accuracy: 0.95),
      point("collectives", "all_reduce", 1 << 10, accuracy: 0.9), point("collectives", "barrier", nil, accuracy: 0.8),
    ])
  }

  @Test("points are averaged by family, by size, and over all")
  func means() {
    #expect(abs((report.mean_accuracy["collectives"] ?? 0) - 0.905) < 1e-12)
    #expect(report.by_size.map(\.count) == [2, 1, 2])
    #expect(abs(report.by_size[0].summary.mean - 0.98) < 1e-12)
    #expect(abs(report.by_size[2].summary.worst - 0.8) < 1e-12)
    #expect(abs(report.overall.median - 0.95) < 1e-12)
  }

  @Test("the JSON has what a reader of it asks for")
  func json() throws {
    let object = try #require(
      try JSONSerialization.jsonObject(with: JSONEncoder().encode(report)) as? [String: Any])
    let points = try #require(object["points"] as? [[String: Any]])
    #expect(points.count == 5)
    #expect(
      Set(points[1].keys).isSuperset(of: ["family", "name", "bytes", "measured_s", "spread", "predicted_s", "accuracy"])
    )
    #expect((object["mean_accuracy"] as? [String: Double])?.keys.sorted() == ["collectives", "models"])
  }

  @Test("the page names the machine, the command and each point")
  func markdown() {
    let page = report.markdown(machine: "Run on a toaster.", command: "uniference validate x.yaml", plot: "x.svg")
    #expect(page.contains("Run on a toaster.") && page.contains("`uniference validate x.yaml`"))
    #expect(page.split(separator: "\n").filter { $0.hasPrefix("| all_reduce") }.count == 3)
    #expect(page.contains("(x.svg)"))
  }
}
