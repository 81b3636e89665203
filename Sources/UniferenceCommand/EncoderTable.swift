import Foundation
import Quantities
import Reports
import Uniference

/// Predictions of an encoder for people: what was asked, a row for each strategy, and which one is done first.
func encoderText(
  _ comparison: EncoderComparison, of scenario: EncoderScenario, _ format: TableFormat = TableFormat()
) -> String {
  let names = PlacementNames(comparison.predictions.map { ($0.runs_on, $0.placements_tried) })
  var table = TextTable(
    columns: [.init("strategy")] + names.column + [
      .init("fits in memory?"), .init("latency", .right), .init("embeddings/s", .right),
      .init("sent", .right, leftOut: 3), .init("busy", .right, leftOut: 2), .init("energy", .right, leftOut: 1),
    ])
  for (row, prediction) in comparison.predictions.enumerated() {
    table.append([prediction.strategy] + names.cell(row) + cells(of: prediction))
    if prediction.strategy == comparison.winner?.strategy, comparison.predictions.count > 1 {
      table.highlightedRow = row
    }
  }
  var lines = [
    "\(scenario.modelName) on \(scenario.cluster.name): \(scenario.task.description)", "",
    table.rendered(format).trimmingCharacters(in: .newlines), "",
  ]
  if comparison.predictions.count > 1 { lines.append(format.wrapped(comparison.verdict)) }
  lines += shortageLines(comparison.predictions.map { ($0.strategy, $0.memory_needed) }, format)
  if let values = valueText(comparison, format) { lines += ["", values, ""] }
  lines += comparison.predictions.first.map { basisLines($0.compute, format) } ?? []
  if let record = comparison.winner?.record { lines.append("Record of the run: \(record)") }
  if let trace = comparison.winner?.trace { lines.append("Trace for ui.perfetto.dev: \(trace)") }
  return lines.joined(separator: "\n")
}

/// What runs with values have found: how alike the inputs are, a row and a column for each.
private func valueText(_ comparison: EncoderComparison, _ format: TableFormat) -> String? {
  guard let found = comparison.predictions.first(where: { $0.embeddings != nil }), let embeddings = found.embeddings
  else { return nil }
  let isSentences = embeddings["sentence"] != nil
  let rows = isSentences ? cosines(embeddings["sentence"] ?? []) : found.similarity ?? []
  let names = isSentences ? ("text", "text") : ("image", "text")
  var table = TextTable(
    columns: [.init("how alike")] + (0..<(rows.first?.count ?? 0)).map { .init("\(names.1) \($0 + 1)", .right) })
  for (index, row) in rows.enumerated() {
    table.append(["\(names.0) \(index + 1)"] + row.map { formatNumber(Double($0), significantDigits: 3) })
  }
  let difference = comparison.largestDifference.map {
    "\nThe strategies' embeddings differ by \(formatNumber(Double($0), significantDigits: 2)) at most."
  }
  return table.rendered(format).trimmingCharacters(in: .newlines) + (difference ?? "")
}

private func cosines(_ rows: [[Float]]) -> [[Float]] {
  func product(_ left: [Float], _ right: [Float]) -> Float { zip(left, right).reduce(0) { $0 + $1.0 * $1.1 } }
  return rows.map { left in
    rows.map { product(left, $0) / (product(left, left) * product($0, $0)).squareRoot() }
  }
}

private func cells(of prediction: EncoderPrediction) -> [String] {
  guard prediction.fits else { return [shortageCell(prediction.memory_needed), "-", "-", "-", "-", "-"] }
  return [
    "yes, \(DataSize(bytes: prediction.peak_memory_bytes.max() ?? 0)) at most",
    prediction.latency_s.map { Duration.nearest(seconds: $0).shortDescription } ?? "-",
    prediction.embeddings_per_second.map { formatNumber($0, significantDigits: 3) } ?? "-",
    prediction.bytes_sent.map { DataSize(bytes: $0).description } ?? "-",
    prediction.busy_fraction.map { "\(formatNumber($0 * 100, significantDigits: 3))%" } ?? "-",
    prediction.energy_j.map { Energy(joules: $0).description } ?? "-",
  ]
}
