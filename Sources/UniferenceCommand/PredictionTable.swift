import Foundation
import Ledger
import Predictions
import Quantities
import Reports
import Uniference

/// Predictions for people: what was asked, a row for each strategy, which one wins and why, and what it computed.
func predictionText(
  _ comparison: StrategyComparison, _ intervals: [ExpectedIntervals], of scenario: Scenario,
  _ format: TableFormat = TableFormat()
) -> String {
  let predictions = comparison.predictions
  let detailed = predictionTable(comparison, intervals)
  // Intervals are left out rather than columns.
  let showsIntervals = detailed.fits(format)
  let table = showsIntervals ? detailed : predictionTable(comparison, nil)
  var lines = [
    "\(scenario.modelName) on \(scenario.cluster.name)\(scenario.cluster.runtime.map { " under \($0.name)" } ?? ""): "
      + comparison.workload.summary, "",
    table.rendered(format).trimmingCharacters(in: .newlines), "",
  ]
  if showsIntervals || intervals.allSatisfy(\.intervals.isEmpty),
    let explanation = ExpectedIntervals.explanation(intervals)
  {
    lines += [format.wrapped(explanation), ""]
  }
  if predictions.count > 1 { lines.append(format.wrapped(comparison.verdict)) }
  lines += shortageLines(predictions.map { ($0.strategy, $0.memory_needed) }, format)
  if let outputs = comparison.outputs { lines += ["", outputText(outputs, format), ""] }
  lines += predictions.first.map { basisLines($0.compute, format) } ?? []
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

/// A row for each strategy, a column for each metric that the workload shows.
///
/// - Parameter intervals: one element for each prediction; `nil` to leave them out.
private func predictionTable(_ comparison: StrategyComparison, _ intervals: [ExpectedIntervals]?) -> TextTable {
  let (predictions, metrics) = (comparison.predictions, comparison.workload.columns)
  let names = PlacementNames(predictions.map { ($0.runs_on, $0.placements_tried) })
  var table = TextTable(
    columns: [.init("strategy")] + names.column + [.init("fits in memory?")]
      + metrics.enumerated().map { index, metric in
        index < 2 ? .init(metric.heading, .right) : .init(metric.heading, .right, leftOut: metrics.count - index)
      })
  for (row, prediction) in predictions.enumerated() {
    let memory =
      prediction.fits
      ? "yes, \(DataSize(bytes: prediction.peak_memory_bytes.max() ?? 0)) at most"
      : shortageCell(prediction.memory_needed)
    table.append(
      [prediction.strategy] + names.cell(row) + [memory]
        + metrics.map { metric in
          let interval = intervals?[row].intervals[metric].map { " \($0.text)" } ?? ""
          return prediction[metric].map { metric.unit.text(of: $0) + interval } ?? "-"
        })
    if prediction.strategy == comparison.winner?.strategy, predictions.count > 1 { table.highlightedRow = row }
  }
  return table
}

/// What runs with values have computed.
private func outputText(_ outputs: OutputPresentation, _ format: TableFormat) -> String {
  var lines = outputs.quotations.map { "> \($0)" }
  if let matrix = outputs.matrix {
    var table = TextTable(columns: [.init(matrix.title)] + matrix.columns.map { .init($0, .right) })
    for (name, cells) in matrix.rows { table.append([name] + cells) }
    lines.append(table.rendered(format).trimmingCharacters(in: .newlines))
  }
  return (lines + outputs.remarks).joined(separator: "\n")
}
