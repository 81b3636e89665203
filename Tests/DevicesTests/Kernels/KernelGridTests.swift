import Foundation
import Testing

@testable import Devices

@Suite("Grids of kernel times") struct KernelGridTests {
  /// Interpolation written down as it is defined: the sum over all corners of the surrounding box, each with the product
  /// of its shares.
  static func slow(_ grid: KernelGrid, _ sizes: [Int]) -> Double {
    var corners: [(place: Int, weight: Double)] = [(0, 1)]
    for (values, size) in zip(grid.axes, sizes) {
      let upper = values.firstIndex { $0 >= size } ?? values.count - 1
      let lower = values[upper] == size ? upper : upper - 1
      let (below, above) = (Double(values[lower]), Double(values[upper]))
      let share = lower == upper ? 0 : log(Double(size) / below) / log(above / below)
      var next: [(place: Int, weight: Double)] = []
      for corner in corners {
        next.append((corner.place * values.count + lower, corner.weight * (1 - share)))
        next.append((corner.place * values.count + upper, corner.weight * share))
      }
      corners = next
    }
    return corners.reduce(0.0) { sum, corner in sum + corner.weight * grid.times[corner.place] }
  }

  /// A grid with scatter and gaps.
  static func grid(_ random: inout SplitMix) -> KernelGrid {
    let axes: [[Int]] = (0..<3).map { _ in
      let count = Int.random(in: 2...6, using: &random)
      let values = (0..<count).map { _ in Int.random(in: 1...5000, using: &random) }
      return Set(values).sorted()
    }
    var measured: [Double] = []
    for rows in axes[0] {
      for columns in axes[1] {
        for inner in axes[2] {
          let time = 1e6 + Double(rows) * Double(columns) * Double(inner) * 1e-2
          measured.append(log(time) + Double.random(in: -0.3...0.3, using: &random))
        }
      }
    }
    for place in measured.indices.dropFirst() where Int.random(in: 0..<4, using: &random) == 0 {
      measured[place] = .nan
    }
    return KernelGrid(axes: axes, measured: measured) { sizes in
      let cost = OperationCost.matrixMultiplication(
        rows: sizes[0], columns: sizes[1], inner: sizes[2], bytesPerElement: 2)
      return (cost.flops, cost.bytesRead + cost.bytesWritten)
    }
  }

  private static func sizes(_ grid: KernelGrid, _ random: inout SplitMix) -> [Int] {
    grid.axes.map { Int.random(in: $0[0]...$0[$0.count - 1], using: &random) }
  }

  @Test("as interpolation over all corners", arguments: 0..<30)
  func asTheSlowReference(seed: UInt64) {
    var random = SplitMix(seed: seed)
    let grid = Self.grid(&random)
    for _ in 0..<50 {
      let sizes = Self.sizes(grid, &random)
      #expect(abs(grid.logarithm(at: sizes) - Self.slow(grid, sizes)) < 1e-9, "seed \(seed), \(sizes)")
    }
  }

  @Test("never shorter for more, along each size", arguments: 0..<30)
  func neverShorterForMore(seed: UInt64) {
    var random = SplitMix(seed: seed)
    let grid = Self.grid(&random)
    for _ in 0..<50 {
      let smaller = Self.sizes(grid, &random)
      for axis in smaller.indices {
        var larger = smaller
        larger[axis] = Int.random(in: smaller[axis]...(grid.axes[axis].last ?? 1), using: &random)
        #expect(
          grid.logarithm(at: larger) >= grid.logarithm(at: smaller) - 1e-12, "seed \(seed), \(smaller), \(larger)")
      }
    }
  }

  @Test("values in order without gaps stay as they are")
  func exactValuesStay() {
    let measured = (0..<8).map { log(Double(1 + $0)) }
    let grid = KernelGrid(axes: [[1, 8], [16, 32], [64, 128]], measured: measured) { _ in (1, 1) }
    #expect(grid.times == measured)
    #expect(grid.logarithm(at: [8, 16, 128]) == measured[5])
    #expect(grid.clamped([9, 1, 100]) == [8, 16, 100])
  }

  @Test("a single time fills its grid")
  func aSingleTime() {
    let measured = (0..<8).map { $0 == 3 ? log(5.0) : Double.nan }
    let grid = KernelGrid(axes: [[1, 8], [16, 32], [64, 128]], measured: measured) { _ in (1, 1) }
    for time in grid.times { #expect(abs(time - log(5)) < 1e-9) }
  }
}
