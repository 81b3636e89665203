import Foundation
import Predictions
import Quantities
import Testing
import Uniference

@testable import Ledger

@Suite("Predictions of cases")
struct LedgerRunnerTests {
  /// Four devices on a switch, whose ring all-reduce takes 2(P - 1)(a + S / (P B)).
  private static let cases = """
    source: closed forms
    definitions:
      four: &four
        devices: [{name: gpu, count: 4, model: h100-sxm}]
        network: {topology: switch, link: {bandwidth: 1 GB/s, latency: 5 us}, collectives: {all_reduce: ring}}
      one: &one
        devices: [{name: gpu, model: rtx-4090}]
    cases:
      - id: ring
        category: collective
        collective: {operation: all_reduce, size: 4 MB, dtype: float32, cluster: *four}
        measured: {time_s: 6060 us}
      - id: half the ring
        category: collective
        collective: {operation: all_reduce, size: 4 MB, dtype: float32, cluster: *four, ranks: 2}
        measured: {time_s: 8040 us}
      - id: small
        category: decode
        scenario: {cluster: *one, model: smollm2-135m, strategy: single, workload: {prompt: 4, generate: 3}}
        measured: {output_tokens_per_second: 1, prompt_tokens_per_second: 1, total_s: 1, time_to_first_token_s: 1}
      - id: too large
        category: decode
        scenario: {cluster: *one, model: llama-2-70b, strategy: single, workload: {prompt: 1, generate: 1}}
        measured: {total_s: 1}
    """

  private func ledger() throws -> PublishedLedger {
    try LedgerRunner(CaseCollection(yaml: Self.cases), intervals: nil).run { _, _ in }
  }

  @Test("a collective's time is that of one call on all of its ranks")
  func closedForm() throws {
    let points = try ledger().points
    let whole = try #require(points[0].predicted)
    #expect(abs(whole - 6 * (10e-6 + 1e-3)) < 1e-9)
    #expect(abs(points[0].accuracy - 1) < 1e-6)
    let half = try #require(points[1].predicted)
    #expect(abs(half - 2 * (10e-6 + 2e-3)) < 1e-9)
    #expect(abs(points[1].accuracy - 0.5) < 1e-6)
    let expected = PredictionClass(hardware: .datacentreGPU, quantity: .collective, devices: .several)
    #expect(points[0].predictionClass == expected)
  }

  @Test("a script's figures are the last JSON object that it prints, of whatever rank")
  func printedFigures() {
    let output = "loss {0.5}\n[1] {\"step_s\": 3}\n[0] {\"step_s\": 2, \"loss\": 0.5}\n[3] done\n"
    #expect(ScriptBenchmark.printed(in: output) == ["step_s": 2, "loss": 0.5])
    #expect(ScriptBenchmark.printed(in: "{\"step_s\": 4}") == ["step_s": 4])
    for nothing in ["", "[0] \n", "{}}\n[0] {\"step_s\": \"2\"}\n[", "[0]"] {
      #expect(ScriptBenchmark.printed(in: nothing) == nil)
    }
  }

  @Test("rates are tokens over the times that the same run states")
  func rates() throws {
    let values = Dictionary(
      uniqueKeysWithValues: try ledger().points.filter { $0.id == "small" }.map { ($0.metric.name, $0.predicted ?? 0) })
    let total = try #require(values["total_s"])
    let first = try #require(values["time_to_first_token_s"])
    #expect(abs(try #require(values["output_tokens_per_second"]) - 3 / total) < 1e-9 / total)
    #expect(abs(try #require(values["prompt_tokens_per_second"]) - 4 / first) < 1e-9 / first)
  }

  @Test("a model that does not fit is a point without a prediction, which says why")
  func unfit() throws {
    let ledger = try ledger()
    let point = try #require(ledger.points.last)
    #expect(point.predicted == nil && point.accuracy == 0)
    #expect(point.reason?.contains("memory") == true)
    #expect(ledger.worstFirst[0].accuracy == 0)
    #expect(ledger.text().contains("too large has no prediction: "))
  }

  @Test("predictions on all cores are those made one by one")
  func concurrency() throws {
    let collection = try CaseCollection(yaml: Self.cases)
    let alone = try collection.cases.flatMap { published in
      try LedgerRunner(collection.filtered { $0.id == published.id }, intervals: nil).run { _, _ in }.points
    }
    let together = try ledger().points
    #expect(together.map(\.predicted) == alone.map(\.predicted))
    #expect(together.map(\.id) == alone.map(\.id))
  }

  @Test("a category's summary is that of its points, and accuracy is never negative")
  func summaries() throws {
    let ledger = try ledger()
    let collective = try #require(ledger.categories.first { $0.name == "collective" }).summary
    #expect(collective.points == 2)
    #expect(abs(collective.mean - 0.75) < 1e-6 && abs(collective.median - 0.75) < 1e-6)
    #expect(collective.within_10_percent == 0.5 && abs(collective.worst - 0.5) < 1e-6)
    #expect(ledger.points.allSatisfy { (0...1).contains($0.accuracy) })
  }

  @Test("floors are each category's means, rounded down; what falls below them is told")
  func floors() throws {
    let ledger = try ledger()
    let floors = AccuracyFloors(ledger, slow: ["half the ring"])
    #expect(floors.violations(by: ledger, isQuick: false).isEmpty)
    let quick = try LedgerRunner(
      CaseCollection(yaml: Self.cases).filtered { $0.id != "half the ring" }, intervals: nil
    ).run { _, _ in }
    #expect(floors.violations(by: quick, isQuick: true).isEmpty)
    let worse = try LedgerRunner(
      CaseCollection(yaml: Self.cases.replacing("6060 us", with: "9000 us")), intervals: nil
    ).run { _, _ in }
    #expect(
      floors.violations(by: worse, isQuick: false)
        == ["collective has a mean accuracy of 58.7%, less than the 75% that the ledger says"])
  }

  @Test("the page has every point, and each mechanism that is missing once")
  func page() throws {
    let page = try ledger().markdown(command: "make it", plot: "plot.svg")
    for text in ["Regenerate this page by `make it`", "](plot.svg)", "| ring | collective | `time_s` | 6.06 ms |"] {
      #expect(page.contains(text), "\(text)")
    }
    #expect(page.components(separatedBy: "Not explained yet").count == 2)
    let plot = try ledger().plot
    #expect(plot.components(separatedBy: "<title>").count == 1 + 6)
  }
}
