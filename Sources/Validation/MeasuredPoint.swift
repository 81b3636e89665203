import Foundation

/// A line that a validation script prints: how long something took by its own clock.
struct MeasuredPoint: Codable, Hashable {
  /// What was done: `all_reduce`, `pipeline of 2, prefill`.
  let point: String
  /// Payload bytes, where there is one figure for them.
  let bytes: Int?
  /// Each repetition's time, after warm-up.
  let samples_s: [Double]

  /// The points among the lines that ranks have printed, which may have a rank in brackets before them.
  static func points(in output: String) -> [MeasuredPoint] {
    output.split(separator: "\n").compactMap { line in
      guard let brace = line.firstIndex(of: "{") else { return nil }
      return try? JSONDecoder().decode(MeasuredPoint.self, from: Data(line[brace...].utf8))
    }
  }

  /// The middle of the samples.
  var median: Double { Statistics(samples_s).median }
}

/// The middle of some figures, and how far they spread.
struct Statistics {
  private let sorted: [Double]

  init(_ values: [Double]) { sorted = values.sorted() }

  /// The middle one, the mean of the middle two of an even number, not a number without any.
  var median: Double { quantile(0.5) }

  /// The quartiles' distance in terms of the median.
  var relativeSpread: Double { (quantile(0.75) - quantile(0.25)) / median }

  /// The distance between largest and smallest in terms of the median.
  var relativeRange: Double { sorted.isEmpty ? .nan : (sorted[sorted.count - 1] - sorted[0]) / median }

  /// By linear interpolation between the closest ranks (Hyndman and Fan, "Sample Quantiles", 1996, definition 7).
  func quantile(_ fraction: Double) -> Double {
    guard !sorted.isEmpty else { return .nan }
    let place = fraction * Double(sorted.count - 1)
    let (below, above) = (Int(place.rounded(.down)), Int(place.rounded(.up)))
    return sorted[below] + (sorted[above] - sorted[below]) * (place - Double(below))
  }
}
