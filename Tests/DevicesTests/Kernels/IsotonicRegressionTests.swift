import Testing

@testable import Devices

@Suite struct IsotonicRegressionTests {
  /// The minimax formula of isotonic regression: the largest, over all beginnings not after a place, of the smallest mean
  /// up to any end not before it (Barlow, Bartholomew, Bremner and Brunk, "Statistical inference under order
  /// restrictions", 1972).
  static func slow(_ values: [Double]) -> [Double] {
    var fitted: [Double] = []
    for place in values.indices {
      var largest = -Double.infinity
      for first in 0...place {
        var smallest = Double.infinity
        for last in place..<values.count {
          let sum = values[first...last].reduce(0, +)
          smallest = min(smallest, sum / Double(last - first + 1))
        }
        largest = max(largest, smallest)
      }
      fitted.append(largest)
    }
    return fitted
  }

  @Test("as the minimax formula says", arguments: 0..<40)
  func asTheFormulaSays(seed: UInt64) {
    var random = SplitMix(seed: seed)
    let values = (0..<Int.random(in: 1...30, using: &random)).map { _ in Double.random(in: -2...2, using: &random) }
    var fitted = values
    var regression = IsotonicRegression()
    regression.apply(to: &fitted, from: 0, stride: 1, count: values.count)
    for (fast, slow) in zip(fitted, Self.slow(values)) { #expect(abs(fast - slow) < 1e-12, "seed \(seed)") }
  }

  @Test("what is in order stays, and other places are not touched")
  func orderedValuesStay() {
    var values = [1.0, 9, 2, 8, 3, 7]
    var regression = IsotonicRegression()
    regression.apply(to: &values, from: 0, stride: 2, count: 3)
    #expect(values == [1, 9, 2, 8, 3, 7])
    regression.apply(to: &values, from: 1, stride: 2, count: 3)
    #expect(values == [1, 8, 2, 8, 3, 8])
  }
}

/// Steele, Lea and Flood's generator, for cases that a seed gives.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }
}
