/// How long the rest of a validation will take: each repetition as long as those of the same run have taken; where none
/// has ended, as those of the same family, or else as all of them.
struct RemainingTime {
  private struct Item {
    let family: String
    var seconds: [Double]
  }

  private let repetitions: Int
  private var items: [Item]

  /// - Parameters:
  ///   - runs: family of each run, and how long those of its repetitions have taken that have ended already.
  init(runs: [(family: String, seconds: [Double])], repetitions: Int) {
    self.repetitions = repetitions
    items = runs.map { Item(family: $0.family, seconds: $0.seconds) }
  }

  mutating func ended(run: Int, after seconds: Double) { items[run].seconds.append(seconds) }

  /// `nil` before anything has ended.
  var seconds: Double? {
    let all = items.flatMap(\.seconds)
    guard !all.isEmpty else { return nil }
    return items.reduce(0) { sum, item in
      let left = repetitions - item.seconds.count
      guard left > 0 else { return sum }
      let relatives = items.filter { $0.family == item.family }.flatMap(\.seconds)
      let known = [item.seconds, relatives, all].first { !$0.isEmpty } ?? all
      return sum + Double(left) * known.reduce(0, +) / Double(known.count)
    }
  }
}
