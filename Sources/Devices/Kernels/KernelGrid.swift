import Foundation

/// Times of one kind of kernel over a grid of sizes: complete, never shorter for a larger size, and interpolated between.
///
/// Measured times have gaps and scatter: of two equal kernels one takes 15% longer where the other's memory was better
/// placed, and some sizes suit a kernel's tiles less than the next larger ones. A gap gets the median of what its
/// neighbours reach of the roofline, and then the logarithms of the times become non-decreasing along one axis after the
/// other (``IsotonicRegression``). Least-squares regression keeps the order of two sequences, so an axis that has been
/// made non-decreasing stays so when the next one is.
///
/// Between the sizes of the grid the logarithm of the time is interpolated linearly in the logarithms of the sizes, which
/// keeps the order too.
struct KernelGrid: Sendable {
  /// Sizes along each axis, increasing.
  let axes: [[Int]]
  private let logarithms: [[Double]]
  /// Distance of neighbours along each axis.
  private let strides: [Int]
  /// Natural logarithms of picoseconds, the last axis running fastest.
  private(set) var times: [Double]

  /// - Parameters:
  ///   - measured: logarithms of picoseconds, not a number where there is no time. One at least is a number.
  ///   - work: FLOPs and bytes of a kernel of the given sizes.
  init(axes: [[Int]], measured: [Double], work: (_ sizes: [Int]) -> (flops: Double, bytes: Double)) {
    self.axes = axes
    logarithms = axes.map { $0.map { log(Double($0)) } }
    var strides = Array(repeating: 1, count: axes.count)
    for axis in axes.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * axes[axis + 1].count }
    self.strides = strides
    times = measured
    if measured.contains(where: \.isNaN) { fillGaps(work) }
    makeNonDecreasing()
  }

  // MARK: Looking up

  /// The sizes nearest to the given ones for which the grid knows a time.
  func clamped(_ sizes: [Int]) -> [Int] {
    zip(sizes, axes).map { size, values in min(max(size, values[0]), values[values.count - 1]) }
  }

  /// The logarithm of the time of sizes within the grid. O(log n) in the length of an axis.
  func logarithm(at sizes: [Int]) -> Double {
    var (place, corners) = (0, [(offset: Int, weight: Double)]())
    for axis in axes.indices {
      let (lower, share) = position(of: sizes[axis], on: axis)
      place += lower * strides[axis]
      if share > 0 { corners.append((strides[axis], share)) }
    }
    return interpolated(from: place, corners[...])
  }

  /// The place of the largest value that is not above `size`, and how far the size is on the way to the next one.
  private func position(of size: Int, on axis: Int) -> (lower: Int, share: Double) {
    let values = axes[axis]
    var (lower, upper) = (0, values.count)
    while upper - lower > 1 {
      let middle = (lower + upper) / 2
      if values[middle] <= size { lower = middle } else { upper = middle }
    }
    guard lower + 1 < values.count, values[lower] < size else { return (lower, 0) }
    let (below, above) = (logarithms[axis][lower], logarithms[axis][lower + 1])
    return (lower, (log(Double(size)) - below) / (above - below))
  }

  private func interpolated(from place: Int, _ corners: ArraySlice<(offset: Int, weight: Double)>) -> Double {
    guard let corner = corners.first else { return times[place] }
    let rest = corners.dropFirst()
    let (below, above) = (interpolated(from: place, rest), interpolated(from: place + corner.offset, rest))
    return below + (above - below) * corner.weight
  }

  // MARK: Completing

  private mutating func makeNonDecreasing() {
    var regression = IsotonicRegression()
    for axis in axes.indices {
      let (count, stride) = (axes[axis].count, strides[axis])
      for start in times.indices where start / stride % count == 0 {
        regression.apply(to: &times, from: start, stride: stride, count: count)
      }
    }
  }

  /// Fills gaps from their neighbours, those next to known times first.
  private mutating func fillGaps(_ work: (_ sizes: [Int]) -> (flops: Double, bytes: Double)) {
    let reference = ReferenceRoofline(times.indices.map { work(sizes(at: $0)) }, times)
    // Above the reference: what is left is smooth enough to be taken from neighbours.
    for place in times.indices { times[place] -= reference.logarithms[place] }
    var gaps = times.indices.filter { times[$0].isNaN }
    while !gaps.isEmpty {
      let estimates = gaps.map { estimate(at: $0) }
      for (gap, estimate) in zip(gaps, estimates) { times[gap] = estimate }
      let remaining = gaps.filter { times[$0].isNaN }
      // There is a time somewhere, so each pass reaches further; gaps far from all get it directly.
      if remaining.count == gaps.count {
        let known = times.filter { !$0.isNaN }.sorted()
        for gap in remaining { times[gap] = known[known.count / 2] }
        break
      }
      gaps = remaining
    }
    for place in times.indices { times[place] += reference.logarithms[place] }
  }

  private func sizes(at place: Int) -> [Int] {
    axes.indices.map { axes[$0][place / strides[$0] % axes[$0].count] }
  }

  /// The median of the neighbours up to two steps away on each axis, and of interpolations along each axis between the
  /// nearest known times on both sides; not a number where there are none.
  private func estimate(at place: Int) -> Double {
    var estimates: [Double] = []
    for axis in axes.indices {
      let (stride, count) = (strides[axis], axes[axis].count)
      let own = place / stride % count
      for step in [-2, -1, 1, 2] where (0..<count).contains(own + step) {
        let value = times[place + step * stride]
        if !value.isNaN { estimates.append(value) }
      }
      guard let below = (0..<own).last(where: { !times[place + ($0 - own) * stride].isNaN }),
        let above = (own + 1..<count).first(where: { !times[place + ($0 - own) * stride].isNaN })
      else { continue }
      let (low, high) = (times[place + (below - own) * stride], times[place + (above - own) * stride])
      let (start, end) = (logarithms[axis][below], logarithms[axis][above])
      estimates.append(low + (high - low) * (logarithms[axis][own] - start) / (end - start))
    }
    guard !estimates.isEmpty else { return .nan }
    estimates.sort()
    let middle = estimates.count / 2
    return estimates.count % 2 == 1 ? estimates[middle] : (estimates[middle - 1] + estimates[middle]) / 2
  }
}

/// A roofline with a smooth corner that a table's own times give: the rates that its best kernels reach, and its shortest
/// time.
private struct ReferenceRoofline {
  /// Logarithms of the reference at each place.
  let logarithms: [Double]

  init(_ work: [(flops: Double, bytes: Double)], _ times: [Double]) {
    let known = times.indices.filter { !times[$0].isNaN }
    func rate(_ amount: (Int) -> Double) -> Double {
      let rates = known.map { amount($0) / exp(times[$0]) }.sorted()
      return rates[min(rates.count - 1, rates.count * 98 / 100)]
    }
    let (arithmetic, memory) = (rate { work[$0].flops }, rate { work[$0].bytes })
    let shortest = exp(known.map { times[$0] }.min() ?? 0)
    logarithms = work.map { work in
      let computing = arithmetic > 0 ? work.flops / arithmetic : 0
      let moving = memory > 0 ? work.bytes / memory : 0
      return log((computing * computing + moving * moving).squareRoot() + shortest)
    }
  }
}
