import Communication

/// What every operation brings, computed element by element from what every member puts in.
struct ExpectedValues {
  let step: RandomProgram.Step
  /// Number of members.
  let size: Int

  /// Small whole numbers, so that sums and products are exact.
  func element(of member: Int, at index: Int) -> Double {
    var mixed = UInt64(step.number &* 1_000_003 &+ member &* 7919 &+ index &* 104_729) &+ 0x9E37_79B9_7F4A_7C15
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    return Double((mixed >> 40) % 7) - 3
  }

  /// Element count of what `sender` has for `receiver`, in an all-to-all.
  func pairCount(_ sender: Int, _ receiver: Int) -> Int {
    step.usesCounts ? (step.counts[sender] + 3 * step.counts[receiver] + sender) % 6 : step.counts[0]
  }

  /// Where what `sender` has for `receiver` begins.
  private func pairStart(_ sender: Int, _ receiver: Int) -> Int {
    (0..<receiver).reduce(0) { $0 + pairCount(sender, $1) }
  }

  func pairBlock(_ sender: Int, _ receiver: Int) -> [Double] {
    (0..<pairCount(sender, receiver)).map { element(of: sender, at: pairStart(sender, receiver) + $0) }
  }

  func own(_ member: Int, count: Int) -> [Double] { (0..<count).map { element(of: member, at: $0) } }

  func reduced(_ range: Range<Int>) -> [Double] {
    range.map { index in
      let values = (0..<size).map { element(of: $0, at: index) }
      return switch step.reduction {
      case .sum: values.reduce(0, +)
      case .product: values.reduce(1, *)
      case .minimum: values.min()!
      case .maximum: values.max()!
      case .average: values.reduce(0, +) / Double(size)
      case .bitwiseAnd: Double(values.map { Int($0) }.reduce(-1, &))
      case .bitwiseOr: Double(values.map { Int($0) }.reduce(0, |))
      case .bitwiseExclusiveOr: Double(values.map { Int($0) }.reduce(0, ^))
      }
    }
  }

  func scatterRange(of member: Int) -> Range<Int> {
    let start = step.counts[..<member].reduce(0, +)
    return start..<(start + step.counts[member])
  }
}
