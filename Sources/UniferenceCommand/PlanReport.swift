import Foundation
import Ledger
import Plans
import Predictions
import Quantities
import Reports
import Uniference

/// What `uniference plan` prints.
struct PlanReport {
  private let outcome: PlanOutcome
  private let worths: [MarginalWorth]
  private let residuals: ResidualTable?

  init(_ outcome: PlanOutcome, _ worths: [MarginalWorth], _ residuals: ResidualTable?) {
    self.outcome = outcome
    self.worths = worths
    self.residuals = residuals
  }

  private var goal: Metric { outcome.goal }

  private func interval(of plan: PlanOutcome.Plan) -> PredictionInterval? {
    ExpectedIntervals(plan.prediction, of: plan.workload, on: plan.cluster, residuals).intervals[goal]
  }

  // MARK: For people

  func text(_ format: TableFormat) -> String {
    guard let best = outcome.best else { return missText }
    var lines = [
      "Plans for \(best.prediction.model) on \(best.cluster.name): \(best.workload.summary); the goal is "
        + "\(goal.direction == .higherIsBetter ? "the most" : "the least") \(goal.heading).", "",
      frontTable(best).rendered(format).trimmingCharacters(in: .newlines), "",
    ]
    lines.append(format.wrapped(summary(best)))
    if let runnerUp = runnerUpText(best) { lines.append(format.wrapped(runnerUp)) }
    lines.append(format.wrapped(countText))
    if let remark = outcome.remark { lines.append(format.wrapped(remark)) }
    if !worths.isEmpty { lines += ["", worthTable.rendered(format).trimmingCharacters(in: .newlines)] }
    return lines.joined(separator: "\n")
  }

  /// The Pareto front, the best plan first.
  private func frontTable(_ best: PlanOutcome.Plan) -> TextTable {
    let settings = best.settings.map(\.field)
    var table = TextTable(
      columns: [.init("best and Pareto front")] + settings.map { .init(String($0.split(separator: ".").last ?? "")) }
        + [.init("runs on")] + outcome.objectives.map { .init($0.heading, .right) })
    for plan in outcome.front {
      table.append(
        [plan.prediction.strategy] + plan.settings.map(\.value) + [plan.prediction.runs_on.abbreviated(to: 4)]
          + outcome.objectives.map { metric in plan.prediction[metric].map { metric.unit.text(of: $0) } ?? "-" })
    }
    table.highlightedRow = 0
    return table
  }

  private func summary(_ best: PlanOutcome.Plan) -> String {
    let leftOut = best.leftOut.isEmpty ? "" : ", without \(best.leftOut.abbreviated(to: 4))"
    return "The best is \(best.name) on \(best.prediction.runs_on.abbreviated(to: 4))\(leftOut): \(figure(best))."
  }

  private func figure(_ plan: PlanOutcome.Plan) -> String {
    let value = plan.prediction[goal].map { goal.unit.text(of: $0) } ?? "-"
    let unit = goal.unit == .perSecond ? " \(goal.heading)" : ""
    return value + unit + (interval(of: plan).map { " \($0.text)" } ?? "")
  }

  private func runnerUpText(_ best: PlanOutcome.Plan) -> String? {
    guard let next = outcome.runnerUp, let distance else { return nil }
    let share = Self.signed(distance)
    let (own, other) = (interval(of: best), interval(of: next))
    let judgement: String
    if let own, let other, let value = best.prediction[goal], let nextValue = next.prediction[goal] {
      let isClear = (nextValue < own.low || nextValue > own.high) && (value < other.low || value > other.high)
      judgement =
        isClear
        ? ", more than such predictions have been off by"
        : ", within what such predictions have been off by: it may be as good"
    } else {
      judgement = "; predictions of this kind are not validated"
    }
    let place = next.prediction.runs_on.abbreviated(to: 4)
    return "The next is \(next.name) on \(place): \(figure(next)), \(share)\(judgement)."
  }

  /// How far the next plan is from the best one, as a share of it.
  private var distance: Double? {
    guard let value = outcome.best?.prediction[goal], let next = outcome.runnerUp?.prediction[goal], value > 0 else {
      return nil
    }
    return next / value - 1
  }

  private var countText: String {
    let counts = outcome.counts
    let unfit = counts.unfit > 0 ? ", \(counts.unfit) of which did not fit in memory" : ""
    return """
      \(counts.simulated) of \(counts.candidates) candidates were simulated\(unfit); the others cannot be better, or do not \
      keep within memory and limits.
      """
  }

  private var worthTable: TextTable {
    var table = TextTable(columns: [
      .init("with more of one resource"), .init(goal.heading, .right), .init("change", .right), .init("best strategy"),
    ])
    for worth in worths {
      table.append([worth.resource, goal.unit.text(of: worth.value), Self.signed(worth.change), worth.strategy])
    }
    return table
  }

  private static func signed(_ share: Double) -> String {
    let percent = formatNumber(abs(share) * 100, significantDigits: 2)
    return abs(share) < 0.0005 ? "0%" : "\(share < 0 ? "-" : "+")\(percent)%"
  }

  /// Why there is no plan.
  var missText: String {
    switch outcome.miss {
    case .limit(let plan, let bound):
      let metric = bound.metric
      let value = plan.prediction[metric].map { metric.unit.text(of: $0) } ?? "none"
      return """
        no plan keeps within the limits; the closest is \(plan.name) on \(plan.prediction.runs_on.abbreviated(to: 4)), whose \
        \(metric.name) is \(value), where the limit is \(metric.unit.text(of: bound.value)); relax that limit, or give more \
        devices or fields to choose from
        """
    case .memory(let plan):
      let lacking = plan.prediction.memory_needed?.first { !$0.fits }
      let need = lacking.map { "\($0)" } ?? plan.prediction.reason ?? "needs more memory"
      return """
        no plan fits in memory; \(plan.name): \(need); use more devices, a quantization, or devices with more memory
        """
    case .devices:
      return "no set of devices keeps within limits.devices and limits.power, or no strategy suits the model on them"
    case nil: return "there is no plan"
    }
  }
}

extension PlanReport: Encodable {
  private enum CodingKeys: String, CodingKey {
    case goal, best, front, runner_up, runner_up_distance, counts, remark, worth
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(goal.name, forKey: .goal)
    try container.encodeIfPresent(outcome.best.map(output), forKey: .best)
    try container.encode(outcome.front.map(output), forKey: .front)
    try container.encodeIfPresent(outcome.runnerUp.map(output), forKey: .runner_up)
    try container.encodeIfPresent(distance, forKey: .runner_up_distance)
    try container.encode(outcome.counts, forKey: .counts)
    try container.encodeIfPresent(outcome.remark, forKey: .remark)
    try container.encode(worths, forKey: .worth)
  }

  private func output(_ plan: PlanOutcome.Plan) -> PlanOutput {
    PlanOutput(
      plan: plan,
      prediction: PredictionOutput(
        prediction: plan.prediction,
        intervals: ExpectedIntervals(plan.prediction, of: plan.workload, on: plan.cluster, residuals)))
  }
}

/// A plan in JSON: the prediction's fields, and what was chosen.
private struct PlanOutput: Encodable {
  let plan: PlanOutcome.Plan
  let prediction: PredictionOutput

  private enum CodingKeys: String, CodingKey { case settings, left_out }

  func encode(to encoder: any Encoder) throws {
    try prediction.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    let settings = Dictionary(plan.settings.map { ($0.field, $0.value) }, uniquingKeysWith: { first, _ in first })
    try container.encode(settings, forKey: .settings)
    try container.encode(plan.leftOut, forKey: .left_out)
  }
}
