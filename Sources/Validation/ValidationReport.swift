import Foundation
import Quantities
import Reports

/// How well predictions held, by family and in all.
public struct ValidationReport: Encodable, Sendable {
  /// All points, in the order in which they were run.
  public let points: [ValidationPoint]
  /// Mean accuracy of each family's points.
  public let mean_accuracy: [String: Double]
  /// The same by what can be expected of them: collectives by their size, and everything else.
  public let by_size: [SizeClass]
  /// Mean, median and worst accuracy of all points.
  public let overall: Summary
  /// The machine that it was run on, in a few words; `nil` where an earlier report does not say.
  public let machine: String?
  /// What these figures say and what they do not.
  public let scope = ValidationReport.scope

  /// Points of which equal accuracy can be expected.
  public struct SizeClass: Encodable, Sendable {
    /// What they are: `collectives below 64 KiB`.
    public let name: String
    /// How many there are.
    public let count: Int
    /// Their accuracies.
    public let summary: Summary
  }

  /// What a number of accuracies come to.
  public struct Summary: Encodable, Sendable {
    /// The mean.
    public let mean: Double
    /// The middle one.
    public let median: Double
    /// The smallest.
    public let worst: Double

    init(_ accuracies: [Double]) {
      mean = accuracies.reduce(0, +) / Double(accuracies.count)
      median = Statistics(accuracies).median
      worst = accuracies.min() ?? .nan
    }
  }

  /// What accuracies that come of a testbed say, beside every claim.
  public static let scope =
    "They are of gloo with tensors on CPUs, over links between network namespaces of one machine. GPUs, NCCL and networks "
    + "of several machines have not been validated."

  /// - Precondition: there is a point.
  /// - Parameter machine: where they were run.
  public init(_ points: [ValidationPoint], machine: String?) {
    self.points = points
    self.machine = machine
    mean_accuracy = Dictionary(grouping: points, by: \.family).mapValues { Summary($0.map(\.accuracy)).mean }
    by_size = SizeRange.all.compactMap { range in
      let accuracies = points.filter(range.contains).map(\.accuracy)
      guard !accuracies.isEmpty else { return nil }
      return SizeClass(name: range.name, count: accuracies.count, summary: Summary(accuracies))
    }
    overall = Summary(points.map(\.accuracy))
  }

  /// What is expected of small messages is not what is expected of large ones: they are a matter of processors that wake
  /// up, not of networks.
  private struct SizeRange: Sendable {
    let name: String
    let contains: @Sendable (ValidationPoint) -> Bool

    private static let (small, large) = (64 << 10, 1 << 20)

    static let all = [
      SizeRange(name: "models, and collectives of 1 MiB and more") { $0.family == "models" || $0.size >= large },
      SizeRange(name: "collectives of 64 KiB to 1 MiB") { $0.family != "models" && (small..<large).contains($0.size) },
      SizeRange(name: "collectives below 64 KiB") { $0.family != "models" && $0.size < small },
    ]
  }

  /// A table for the terminal.
  public func text(_ format: TableFormat = TableFormat()) -> String {
    var table = TextTable(columns: [
      .init("point", wrapsTo: 20), .init("bytes", .right), .init("measured", .right),
      .init("spread", .right, leftOut: 2), .init("repeated", .right, leftOut: 1), .init("predicted", .right),
      .init("accuracy", .right),
    ])
    for point in points { table.append(Self.cells(of: point)) }
    return table.rendered(format) + "\n" + format.wrapped(summary, indent: 2)
  }

  /// The same as a page of Markdown, with the plot's path.
  ///
  /// - Parameters:
  ///   - command: what regenerates it.
  ///   - plot: the plot's path relative to the page.
  public func markdown(command: String, plot: String) -> String {
    let rows = points.map { point in
      "| " + Self.cells(of: point).map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
    }
    return """
      # How well predictions hold

      \(machine.map { "Run on \($0). " } ?? "")Regenerate this page by `\(command)`.

      \(summary)

      ![Predicted against measured times](\(plot))

      Spread is the distance of the quartiles of single real runs, repeated the range of the medians of repeated real
      sides (- where there was one), both in terms of the median. Where one of them exceeds 3%, marked by *, accuracy
      cannot be known better.

      | point | bytes | measured | spread | repeated | predicted | accuracy |
      | --- | ---: | ---: | ---: | ---: | ---: | ---: |
      \(rows.joined(separator: "\n"))

      """
  }

  private var summary: String {
    let families = mean_accuracy.sorted { $0.key < $1.key }.map { "\($0.key) \(Self.percent($0.value))" }
    let noisy = points.filter(\.isNoisy).count
    let classes = by_size.map {
      "\n* \($0.name): mean \(Self.percent($0.summary.mean)), worst \(Self.percent($0.summary.worst)) of \($0.count)"
    }
    return """
      Mean accuracy \(Self.percent(overall.mean)), median \(Self.percent(overall.median)), worst \
      \(Self.percent(overall.worst)) over \(points.count) points: \(families.joined(separator: ", ")). \
      \(noisy) of them are noisier than 3% when run for real. \(scope)
      \(classes.joined())
      """
  }

  private static func cells(of point: ValidationPoint) -> [String] {
    [
      point.name, point.bytes.map { DataSize(bytes: $0).payloadDescription } ?? "",
      Duration.nearest(seconds: point.measured_s).shortDescription, percent(point.spread),
      point.repetition_spread.map(percent) ?? "-",
      Duration.nearest(seconds: point.predicted_s).shortDescription,
      percent(point.accuracy) + (point.isNoisy ? " *" : ""),
    ]
  }

  private static func percent(_ fraction: Double) -> String {
    "\(formatNumber(100 * fraction, significantDigits: 3))%"
  }
}
