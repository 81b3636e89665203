import Foundation

/// A figure of a sample, and how far other samples of the same length would lie from it.
public struct Estimate: Codable, Hashable, Sendable {
  /// The figure.
  public let value: Double
  /// Half of the interval in which the figure of an endless run lies in nine of ten runs; `nil` where the sample is too small
  /// to tell.
  public let error: Double?
}

/// The figures of a quantity that every request has.
public struct Distribution: Codable, Hashable, Sendable {
  /// How many requests have it.
  public let count: Int
  /// The mean.
  public let mean: Estimate
  /// The median.
  public let p50: Estimate
  /// What nine of ten are not above.
  public let p90: Estimate
  /// What 99 of 100 are not above.
  public let p99: Estimate

  /// How many parts a run is cut into, to see how much their figures differ.
  static let batchCount = 20
  /// The 95th percentile of Student's distribution with 19 degrees of freedom.
  private static let t95 = 1.729

  /// - Parameter values: in the order of arrival; at least one.
  init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted()
    count = values.count
    let mean = values.reduce(0, +) / Double(values.count)
    self.mean = Estimate(value: mean, error: Self.error(of: values))
    func quantile(_ share: Double) -> Estimate {
      Estimate(value: Self.quantile(share, of: sorted), error: Self.error(of: share, values, sorted))
    }
    (p50, p90, p99) = (quantile(0.5), quantile(0.9), quantile(0.99))
  }

  init?(_ histograms: [GapHistogram]) {
    var all = GapHistogram()
    for histogram in histograms { all.add(histogram) }
    guard all.count > 0 else { return nil }
    count = all.count
    mean = Estimate(
      value: all.sum / Double(all.count),
      error: Self.halfWidth(histograms.map { $0.count > 0 ? $0.sum / Double($0.count) : nil }))
    func quantile(_ share: Double) -> Estimate {
      Estimate(
        value: all.quantile(share) ?? 0, error: Self.halfWidth(histograms.map { $0.quantile(share) }))
    }
    (p50, p90, p99) = (quantile(0.5), quantile(0.9), quantile(0.99))
  }

  /// The value that a share are not above, of sorted ones.
  static func quantile(_ share: Double, of sorted: [Double]) -> Double {
    sorted[min(sorted.count, max(1, Int((share * Double(sorted.count)).rounded(.up)))) - 1]
  }

  private static func batches(_ values: [Double]) -> [ArraySlice<Double>]? {
    guard values.count >= 2 * batchCount else { return nil }
    return (0..<batchCount).map { values[$0 * values.count / batchCount..<($0 + 1) * values.count / batchCount] }
  }

  /// By the method of batch means (Law and Kelton, "Simulation Modeling and Analysis"): requests near to each other are alike,
  /// so that their scatter says little; means of long parts are nearly independent.
  static func error(of values: [Double]) -> Double? {
    guard let batches = batches(values) else { return nil }
    return halfWidth(batches.map { $0.reduce(0, +) / Double($0.count) })
  }

  private static func halfWidth(_ means: [Double?]) -> Double? {
    let means = means.compactMap(\.self)
    guard means.count == batchCount else { return nil }
    let count = Double(batchCount)
    let mean = means.reduce(0, +) / count
    let variance = means.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
    return t95 * (variance / count).squareRoot()
  }

  /// Of a quantile: by how much the share of values that are not above it differs between parts of the run, and what that
  /// makes of the quantile. `nil` where the interval goes beyond the largest value.
  private static func error(of share: Double, _ values: [Double], _ sorted: [Double]) -> Double? {
    guard let batches = batches(values) else { return nil }
    let threshold = quantile(share, of: sorted)
    let shares = batches.map { batch in Double(batch.count { $0 <= threshold }) / Double(batch.count) }
    let independent = t95 * (share * (1 - share) / Double(values.count)).squareRoot()
    let width = max(halfWidth(shares) ?? 0, independent)
    guard share + width < 1 else { return nil }
    let (low, high) = (quantile(max(0, share - width), of: sorted), quantile(share + width, of: sorted))
    return (high - low) / 2
  }
}
