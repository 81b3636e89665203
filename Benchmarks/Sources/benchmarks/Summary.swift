/// All repetitions of one benchmark.
struct Summary {
  let name: String
  let repetitions: [Measurement]

  /// The one whose time is in the middle.
  var median: Measurement { repetitions.sorted { $0.wall_s < $1.wall_s }[repetitions.count / 2] }

  /// The most that each count has been.
  var counts: [String: Double] {
    repetitions.reduce(into: [:]) { $0.merge($1.counts, uniquingKeysWith: max) }
  }

  var rates: Spread { Spread(repetitions.map(\.messagesPerSecond)) }
}

/// The middle of several figures, and how far they lie apart.
struct Spread: Encodable {
  let median: Double
  let lowest: Double
  let highest: Double

  /// - Parameter figures: at least one.
  init(_ figures: [Double]) {
    let sorted = figures.sorted()
    median = sorted[sorted.count / 2]
    lowest = sorted[0]
    highest = sorted[sorted.count - 1]
  }
}

extension Summary: Encodable {
  private enum CodingKeys: String, CodingKey { case name, messages_per_second, wall_s, counts, repetitions }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(rates, forKey: .messages_per_second)
    try container.encode(Spread(repetitions.map(\.wall_s)), forKey: .wall_s)
    try container.encode(counts, forKey: .counts)
    try container.encode(repetitions, forKey: .repetitions)
  }
}

/// The most that counts may be, by benchmark and count. Seconds have no place here: they depend on the machine.
struct Thresholds: Codable {
  let counts: [String: [String: Double]]

  /// One line for each count above its threshold, or that is bounded and was not measured.
  func violations(by summaries: [Summary]) -> [String] {
    summaries.flatMap { summary in
      (counts[summary.name] ?? [:]).sorted { $0.key < $1.key }.compactMap { count, most in
        guard let found = summary.counts[count] else { return "\(summary.name): \(count) was not measured" }
        return found > most ? "\(summary.name): \(count) is \(found), at most \(most) is allowed" : nil
      }
    }
  }
}
