/// Divides `total` indivisible units in proportion to `weights` by the method of largest remainders (Hamilton's).
///
/// Each part gets the whole units of its quota total · wᵢ / Σw; the units left over go to the largest remainders, to
/// the earlier part on a tie. A part that would get nothing takes one unit from the largest part, since a device
/// without work has no place in a layout. The parts sum to `total`, and equal weights give parts that differ by at
/// most one.
///
/// - Parameters:
///   - total: at least as many units as parts.
///   - weights: positive and finite.
func apportion(_ total: Int, by weights: [Double]) -> [Int] {
  precondition(total >= weights.count, "each part needs a unit")
  let sum = weights.reduce(0, +)
  let quotas = weights.map { Double(total) * $0 / sum }
  var parts = quotas.map { Int($0) }
  let byRemainder = parts.indices.sorted {
    let (left, right) = (quotas[$0] - Double(parts[$0]), quotas[$1] - Double(parts[$1]))
    return left == right ? $0 < $1 : left > right
  }
  for index in byRemainder.prefix(total - parts.reduce(0, +)) { parts[index] += 1 }
  for index in parts.indices where parts[index] == 0 {
    guard let largest = parts.indices.max(by: { parts[$0] < parts[$1] }) else { continue }
    parts[largest] -= 1
    parts[index] = 1
  }
  return parts
}

/// Consecutive ranges of these lengths, the first of which begins at `start`.
func consecutiveRanges(_ lengths: [Int], from start: Int = 0) -> [Range<Int>] {
  var end = start
  return lengths.map { length in
    defer { end += length }
    return end..<end + length
  }
}
