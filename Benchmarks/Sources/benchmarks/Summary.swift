/// All repetitions of one benchmark.
struct Summary: Codable {
  let name: String
  let repetitions: [Measurement]

  /// The one whose time is in the middle.
  var median: Measurement { repetitions.sorted { $0.wall_s < $1.wall_s }[repetitions.count / 2] }

  var rates: ClosedRange<Double> {
    let rates = repetitions.map(\.messagesPerSecond)
    return (rates.min() ?? 0)...(rates.max() ?? 0)
  }

  var times: ClosedRange<Double> {
    let times = repetitions.map(\.wall_s)
    return (times.min() ?? 0)...(times.max() ?? 0)
  }
}

/// The most that counts may be, by benchmark and count. Seconds have no place here: they depend on the machine.
struct Thresholds: Codable {
  let counts: [String: [String: Double]]

  /// One line for each count above its threshold, or that is bounded and was not measured.
  func violations(by summaries: [Summary]) -> [String] {
    summaries.flatMap { summary in
      (counts[summary.name] ?? [:]).sorted { $0.key < $1.key }.compactMap { count, most in
        guard let found = summary.repetitions.compactMap({ $0.counts[count] }).max() else {
          return "\(summary.name): \(count) was not measured"
        }
        return found > most ? "\(summary.name): \(count) is \(found), at most \(most) is allowed" : nil
      }
    }
  }
}
