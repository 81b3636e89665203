import Foundation
import Testing

@testable import Validation

@Suite("Reports of a validation")
struct ValidationReportTests {
  private func point(_ family: String, _ name: String, _ bytes: Int?, accuracy: Double) -> ValidationPoint {
    ValidationPoint(family: family, name: name, bytes: bytes, repetitions: [[1]], predicted: [accuracy])
  }

  private var report: ValidationReport {
    ValidationReport(
      [
        point("models", "MLP", nil, accuracy: 0.99), point("collectives", "all_reduce", 1 << 20, accuracy: 0.97),
        point("collectives", "all_reduce", 1 << 16, accuracy: 0.95),
        point("collectives", "all_reduce", 1 << 10, accuracy: 0.9), point("collectives", "barrier", nil, accuracy: 0.8),
      ], machine: "a toaster")
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
    let page = report.markdown(command: "uniference validate x.yaml", plot: "x.svg")
    #expect(page.contains("Run on a toaster.") && page.contains("`uniference validate x.yaml`"))
    #expect(page.split(separator: "\n").filter { $0.hasPrefix("| all_reduce") }.count == 3)
    #expect(page.contains("(x.svg)"))
  }

  @Test("every claim has beside it what it is of")
  func scope() throws {
    let page = report.markdown(command: "c", plot: "p")
    let claim = try #require(page.split(separator: "\n").first { $0.hasPrefix("Mean accuracy") })
    #expect(claim.contains("gloo") && claim.contains("one machine") && claim.contains("GPUs, NCCL"))
    let words = report.text().split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(words.contains(ValidationReport.scope))
    let object = try #require(
      try JSONSerialization.jsonObject(with: JSONEncoder().encode(report)) as? [String: Any])
    #expect(object["scope"] as? String == ValidationReport.scope && object["machine"] as? String == "a toaster")
  }

  @Test("what separates the cells of a table is escaped within one")
  func pipes() throws {
    let page = ValidationReport(
      [point("heterogeneous", "all_reduce, bottleneck 0,1|2,3=200 Mbps", 3 << 20, accuracy: 0.9)], machine: nil
    ).markdown(command: "c", plot: "p")
    let row = try #require(page.split(separator: "\n").last)
    #expect(row.hasPrefix("| all_reduce, bottleneck 0,1\\|2,3=200 Mbps | 3 MiB | "))
    #expect(row.replacing("\\|", with: "").filter { $0 == "|" }.count == 8)
  }
}
