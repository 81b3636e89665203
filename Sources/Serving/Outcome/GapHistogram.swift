import Foundation

/// Times between tokens, of which there are too many to keep: how many lie in each interval of a logarithmic scale. Quantiles
/// are within 0.1% of the exact ones (Masson et al., "DDSketch", 2019).
struct GapHistogram: Sendable {
  private static let accuracy = 0.001
  private static let scale = 1 / log((1 + accuracy) / (1 - accuracy))

  private var counts: [Int: Int] = [:]
  private(set) var count = 0
  private(set) var sum = 0.0
  private var latest: (gap: Double, bucket: Int) = (-1, 0)

  /// Counts a time in seconds.
  mutating func add(_ gap: Double) {
    // Sequences that decode together have the same gaps.
    if gap != latest.gap { latest = (gap, gap > 0 ? Int((log(gap) * Self.scale).rounded(.up)) : Int.min) }
    counts[latest.bucket, default: 0] += 1
    count += 1
    sum += gap
  }

  /// Counts all times of another histogram.
  mutating func add(_ other: GapHistogram) {
    for (bucket, number) in other.counts { counts[bucket, default: 0] += number }
    count += other.count
    sum += other.sum
  }

  /// The time that a share of all are not longer than; `nil` of none.
  func quantile(_ share: Double) -> Double? {
    guard count > 0 else { return nil }
    var left = max(1, Int((share * Double(count)).rounded(.up)))
    for (bucket, number) in counts.sorted(by: { $0.key < $1.key }) {
      left -= number
      guard left <= 0 else { continue }
      return bucket == .min ? 0 : exp(Double(bucket) / Self.scale) * (1 - Self.accuracy)
    }
    return nil
  }
}
