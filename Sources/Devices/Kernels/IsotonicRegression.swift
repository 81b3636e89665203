/// The non-decreasing sequence that is nearest to given values in the sense of least squares: the pool-adjacent-violators
/// algorithm (Ayer, Brunk, Ewing, Reid and Silverman, "An empirical distribution function for sampling with incomplete
/// information", Annals of Mathematical Statistics 26(4), 1955). O(n).
struct IsotonicRegression {
  private var sums: [Double] = []
  private var counts: [Int] = []

  /// Replaces `count` values that lie `stride` apart.
  mutating func apply(to values: inout [Double], from start: Int, stride: Int, count: Int) {
    sums.removeAll(keepingCapacity: true)
    counts.removeAll(keepingCapacity: true)
    for place in 0..<count {
      sums.append(values[start + place * stride])
      counts.append(1)
      // Two neighbouring pools in the wrong order become one with their mean.
      while sums.count > 1,
        sums[sums.count - 2] * Double(counts[counts.count - 1]) > sums[sums.count - 1]
          * Double(counts[counts.count - 2])
      {
        let (sum, size) = (sums.removeLast(), counts.removeLast())
        sums[sums.count - 1] += sum
        counts[counts.count - 1] += size
      }
    }
    guard sums.count < count else { return }
    var place = start
    for (sum, size) in zip(sums, counts) {
      let mean = sum / Double(size)
      for _ in 0..<size {
        values[place] = mean
        place += stride
      }
    }
  }
}
