import Foundation
import Quantities
import Testing

@Suite("Whole picoseconds")
struct PicosecondsTests {
  @Test("durations become the nearest picosecond, and saturate")
  func durations() {
    let second = Picoseconds.perSecond
    #expect(Duration.seconds(3).picoseconds == 3 * second)
    #expect(Duration.seconds(-3).picoseconds == -3 * second)
    #expect(Duration(secondsComponent: 0, attosecondsComponent: 499_999).picoseconds == 0)
    #expect(Duration(secondsComponent: 0, attosecondsComponent: 500_000).picoseconds == 1)
    #expect(Duration(secondsComponent: 0, attosecondsComponent: -1_500_000).picoseconds == -2)
    #expect(Duration.seconds(9_300_000).picoseconds == Picoseconds.forever)
    #expect(Duration.seconds(-9_300_000).picoseconds == .min)
    #expect(Duration.seconds(Int64.max).picoseconds == Picoseconds.forever)
    for picoseconds in [0, 1, -1, second, -second - 7, .max, .min + 1] {
      #expect(Duration.picoseconds(picoseconds).picoseconds == picoseconds)
    }
    #expect(Duration.longest == .seconds(106 * 24 * 3600))
  }

  @Test("numbers become the nearest one, and saturate")
  func numbers() {
    #expect(Picoseconds.nearest(seconds: 1.5e-12) == 2)
    #expect(Picoseconds.nearest(seconds: -2.4e-12) == -2)
    for tooLong in [9.2e18, 1e30, .infinity, .nan] { #expect(Picoseconds.nearest(tooLong) == Picoseconds.forever) }
    #expect(Picoseconds.nearest(-.infinity) == .min)
    #expect(Picoseconds.nearest(0.5.nextDown) == 0)
    #expect(Picoseconds.nearest(9.19e18) == 9_190_000_000_000_000_000)
  }

  /// Reference: the standard library's rounding.
  @Test("rounding is the standard library's at every size")
  func rounding() {
    for seed in UInt64(0)..<20_000 {
      var random = SplitMix64(state: seed)
      let size = Double.random(in: -2...18.9, using: &random)
      let sign: Double = Bool.random(using: &random) ? 1 : -1
      let value = sign * pow(10, size)
      for number in [value, value.rounded(.down) + 0.5, (value.rounded(.down) + 0.5).nextDown] {
        #expect(Picoseconds.nearest(number) == Int64(number.rounded()), "seed \(seed): \(number)")
      }
    }
  }

  @Test("sums and nanoseconds saturate")
  func saturation() {
    #expect(Picoseconds.sum(3, -5) == -2)
    #expect(Picoseconds.sum(Picoseconds.limit, Picoseconds.limit) == Picoseconds.forever)
    #expect(Picoseconds.sum(Picoseconds.forever, 1) == Picoseconds.forever)
    #expect(Picoseconds.sum(-5, .min) == .min)
    #expect(Picoseconds.whole(nanoseconds: -7) == -7000)
    #expect(Picoseconds.whole(nanoseconds: .max) == Picoseconds.forever)
    #expect(Picoseconds.whole(nanoseconds: .min) == .min)
  }
}
