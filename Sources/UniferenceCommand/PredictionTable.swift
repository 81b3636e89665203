import Foundation
import Quantities
import Reports
import Uniference

/// Predictions for people: what was asked, a row for each strategy, and which one wins and why.
func predictionText(
  _ comparison: StrategyComparison, of scenario: Scenario, _ format: TableFormat = TableFormat()
) -> String {
  let names = PlacementNames(comparison.predictions.map { ($0.runs_on, $0.placements_tried) })
  var table = TextTable(
    columns: [.init("strategy")] + names.column + [
      .init("fits in memory?"), .init("first token", .right), .init("tokens/s", .right),
      .init("sent per token", .right, leftOut: 3), .init("busy", .right, leftOut: 2),
      .init("energy per token", .right, leftOut: 1),
    ])
  for (row, prediction) in comparison.predictions.enumerated() {
    table.append([prediction.strategy] + names.cell(row) + cells(of: prediction))
    if prediction.strategy == comparison.winner?.strategy, comparison.predictions.count > 1 {
      table.highlightedRow = row
    }
  }
  let workload = scenario.workload
  var lines = [
    """
    \(comparison.predictions[0].model) on \(scenario.cluster.name): \(workload.promptLength) prompt tokens, \
    \(workload.generatedTokenCount) generated, batch \(workload.batchSize)
    """, "", table.rendered(format).trimmingCharacters(in: .newlines), "",
  ]
  if comparison.predictions.count > 1 { lines.append(format.wrapped(comparison.verdict)) }
  lines += shortageLines(comparison.predictions.map { ($0.strategy, $0.memory_needed) }, format)
  if let texts = generatedTexts(comparison) { lines += ["", texts, ""] }
  lines += comparison.predictions.first.map { basisLines($0.compute, format) } ?? []
  if let record = comparison.winner?.record { lines.append("Record of the run: \(record)") }
  if let trace = comparison.winner?.trace { lines.append("Trace for ui.perfetto.dev: \(trace)") }
  return lines.joined(separator: "\n")
}

/// Where compute time and energy come from, unless both are from the devices' figures.
func basisLines(_ compute: ComputeBasis, _ format: TableFormat) -> [String] {
  guard compute.source != .roofline else { return [] }
  let lines = ["Compute time \(compute.description).", compute.energyDescription]
  return (lines + compute.warnings.map { "warning: \($0)" }).map { format.wrapped($0) }
}

/// What the runs with values have said: once where all strategies agree.
private func generatedTexts(_ comparison: StrategyComparison) -> String? {
  let generating = comparison.predictions.filter { $0.text != nil }
  guard let first = generating.first, let texts = first.text else { return nil }
  let odd = generating.filter { $0.tokens != first.tokens }.map(\.strategy)
  let verdict =
    odd.isEmpty
    ? (generating.count > 1 ? ["All strategies generated the same tokens."] : [])
    : [
      "\(odd.joined(separator: ", ")) generated other tokens than \(first.strategy): \(odd.count) of \(generating.count)."
    ]
  return (texts.map { "> \($0)" } + verdict).joined(separator: "\n")
}

private func cells(of prediction: LlamaPrediction) -> [String] {
  guard prediction.fits else { return [shortageCell(prediction.memory_needed), "-", "-", "-", "-", "-"] }
  let peak = prediction.peak_memory_bytes.max() ?? 0
  return [
    "yes, \(DataSize(bytes: peak)) at most",
    prediction.time_to_first_token_s.map { Duration.nearest(seconds: $0).shortDescription } ?? "-",
    prediction.tokens_per_second.map { formatNumber($0, significantDigits: 3) } ?? "-",
    prediction.bytes_sent_per_token.map { DataSize(bytes: Int($0.rounded())).description } ?? "-",
    prediction.busy_fraction.map { "\(formatNumber($0 * 100, significantDigits: 3))%" } ?? "-",
    prediction.energy_per_token_j.map { Energy(joules: $0).description } ?? "-",
  ]
}
