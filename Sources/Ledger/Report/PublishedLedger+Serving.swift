import Predictions
import Reports

extension LedgerPoint {
  /// Whether no figure of an engine was fitted to it: every second one, by a hash of the id.
  var isHeldBack: Bool {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in id.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return (hash >> 32) & 1 == 1
  }
}

extension PublishedLedger {
  /// The ledger of served models as a page of Markdown: sums over rows of a kind.
  ///
  /// - Parameter command: what regenerates it.
  public func servingMarkdown(command: String) -> String {
    """
    # Served models beside published measurements

    Each row of the [tables](../Published/serving) is a server that was measured on real machines under a closed loop of users:
    the mean time to first token (TTFT) and time per output token (TPOT). What is predicted of it is a [simulation](serving.md)
    of the same loop. Figures of engines were fitted to one half of the rows, one set for each engine and device
    ([runtimes](runtimes.md)); the other half was held back. Regenerate this page by `\(command)`.

    Accuracy is 1 - |predicted - measured| / measured, and 0 where that is negative. The error is that of the predictions'
    mean: positive where too much is predicted.

    | category | points | mean | median | within 10% | mean of the fitted half | mean of the half held back |
    | --- | ---: | ---: | ---: | ---: | ---: | ---: |
    \(lines(categories.map(categoryCells)))

    ## By model, system, engine and precision

    | rows of | rows | TPOT mean | TPOT median | TPOT error | TTFT mean | TTFT median | TTFT error |
    | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
    \(lines(groupCells))

    ## Rows without a prediction

    \(failures)

    ## Left out

    \(leftOutSummary)

    """
  }

  private func lines(_ cells: [[String]]) -> String {
    cells.map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
  }

  private func categoryCells(_ category: Category) -> [String] {
    let points = points.filter { $0.category == category.name }
    func mean(_ isHeldBack: Bool) -> String {
      let half = points.filter { $0.isHeldBack == isHeldBack }
      return half.isEmpty ? "-" : Self.percent(Summary(half).mean)
    }
    return [
      category.name, "\(category.summary.points)", Self.percent(category.summary.mean),
      Self.percent(category.summary.median), Self.percent(category.summary.within_10_percent), mean(false), mean(true),
    ]
  }

  private var groupCells: [[String]] {
    Dictionary(grouping: points) { $0.group ?? $0.id }.sorted { $0.key < $1.key }.map { group, points in
      let times = [Metric.meanTimePerOutputToken, .meanTimeToFirstToken].map { metric in
        points.filter { $0.metric == metric }
      }
      let cells = times.flatMap { points -> [String] in
        guard !points.isEmpty else { return ["-", "-", "-"] }
        let summary = Summary(points)
        let errors = points.compactMap(\.error)
        let error = errors.isEmpty ? 0 : errors.reduce(0, +) / Double(errors.count)
        return [
          Self.percent(summary.mean), Self.percent(summary.median), (error < 0 ? "-" : "+") + Self.percent(abs(error)),
        ]
      }
      return [group, "\(times.map(\.count).max() ?? 0)"] + cells
    }
  }

  private var failures: String {
    let failures = points.filter { $0.predicted == nil && $0.metric == .meanTimePerOutputToken }
    guard !failures.isEmpty else { return "None." }
    return failures.map { "* \($0.id): \($0.reason ?? "")" }.joined(separator: "\n")
  }

  /// Measurements under equal reasons.
  private var leftOutSummary: String {
    guard !leftOut.isEmpty else { return "Nothing." }
    return Dictionary(grouping: leftOut, by: \.reason).sorted { $0.value[0].id < $1.value[0].id }.map { reason, rows in
      "* \(rows.count == 1 ? "One row" : "\(rows.count) rows"), \(rows[0].what): \(reason)."
    }.joined(separator: "\n")
  }
}
