import Devices
import Quantities
import Testing

@Suite struct SpeedProfileTests {
  @Test("without slowdowns only the scale counts")
  func withoutSlowdownsOnlyTheScaleCounts() throws {
    #expect(SpeedProfile.normal.elapsed(forWork: .milliseconds(3), startingAt: .seconds(9)) == .milliseconds(3))
    let half = try SpeedProfile(scale: 0.5)
    #expect(half.elapsed(forWork: .milliseconds(3), startingAt: .seconds(9)) == .milliseconds(6))
  }

  @Test("work across a slowdown is integrated")
  func workAcrossASlowdownIsIntegrated() throws {
    let profile = try SpeedProfile(slowdowns: [Slowdown(from: .seconds(10), until: .seconds(20), speed: 0.5)])
    func elapsed(_ work: Int, from start: Int) -> Duration {
      profile.elapsed(forWork: .seconds(work), startingAt: .seconds(start))
    }
    #expect(elapsed(10, from: 0) == .seconds(10))
    #expect(elapsed(12, from: 0) == .seconds(14))
    #expect(elapsed(20, from: 0) == .seconds(25))
    #expect(elapsed(5, from: 10) == .seconds(10))
    #expect(elapsed(6, from: 10) == .seconds(11))
    #expect(elapsed(1, from: 20) == .seconds(1))
    #expect(elapsed(0, from: 15) == .zero)
    #expect(profile.speed(at: .seconds(10)) == 0.5)
    #expect(profile.speed(at: .seconds(20)) == 1)
  }

  @Test("a slowdown may last forever")
  func aSlowdownMayLastForever() throws {
    let profile = try SpeedProfile(scale: 2, slowdowns: [Slowdown(from: .seconds(1), until: nil, speed: 0.25)])
    #expect(profile.elapsed(forWork: .seconds(3), startingAt: .zero) == .seconds(3))
    #expect(profile.elapsed(forWork: .seconds(3), startingAt: .seconds(100)) == .seconds(6))
  }

  @Test("impossible profiles are refused")
  func impossibleProfilesAreRefused() throws {
    func refusal(_ scale: Double, _ slowdowns: [Slowdown]) throws -> DeviceError {
      try #require(throws: DeviceError.self) { try SpeedProfile(scale: scale, slowdowns: slowdowns) }
    }
    #expect(try refusal(0, []) == .invalidSpeed(0))
    #expect(try refusal(.infinity, []) == .invalidSpeed(.infinity))
    let stopped = Slowdown(from: .zero, until: .seconds(1), speed: 0)
    #expect(try refusal(1, [stopped]) == .invalidSpeed(0))
    let empty = Slowdown(from: .seconds(1), until: .seconds(1), speed: 0.5)
    #expect(try refusal(1, [empty]) == .invalidWindow(empty))
    let early = Slowdown(from: .seconds(-1), until: .seconds(1), speed: 0.5)
    #expect(try refusal(1, [early]) == .invalidWindow(early))
    let first = Slowdown(from: .zero, until: .seconds(2), speed: 0.5)
    let second = Slowdown(from: .seconds(1), until: .seconds(3), speed: 0.5)
    #expect(try refusal(1, [second, first]) == .overlappingWindows(first, second))
    #expect(
      try refusal(1, [second, first]).description
        == "the slowdowns from 0 s until 2 s at speed 0.5 and from 1 s until 3 s at speed 0.5 overlap: "
        + "at any time at most one may hold")
    let endless = Slowdown(from: .zero, until: nil, speed: 0.5)
    #expect(try refusal(1, [endless, second]) == .overlappingWindows(endless, second))
  }

  /// Reference: step through time picosecond by picosecond, doing each one's share of the work.
  @Test("agrees with stepping")
  func agreesWithStepping() throws {
    for seed in UInt64(0)..<3000 {
      var random = SplitMix64(state: seed)
      let profile = try Self.randomProfile(using: &random)
      let work = Int64.random(in: 0...120, using: &random)
      let start = Int64.random(in: 0...250, using: &random)
      var done = 0.0
      var steps: Int64 = 0
      while done < Double(work) {
        done += Self.speed(of: profile, atPicosecond: start + steps)
        steps += 1
      }
      // The last step may be needed in part only, and the result is rounded.
      let elapsed = profile.elapsedPicoseconds(forWork: work, startingAt: start)
      #expect(
        (steps - 1...steps).contains(elapsed), "seed \(seed): \(elapsed), \(steps)")
    }
  }

  @Test("work in two parts takes as long as at once")
  func workInTwoPartsTakesAsLongAsAtOnce() throws {
    for seed in UInt64(0)..<3000 {
      var random = SplitMix64(state: seed)
      let profile = try Self.randomProfile(using: &random)
      let first = Int64.random(in: 0...100, using: &random)
      let second = Int64.random(in: 0...100, using: &random)
      let start = Int64.random(in: 0...100, using: &random)
      let whole = profile.elapsedPicoseconds(forWork: first + second, startingAt: start)
      let part = profile.elapsedPicoseconds(forWork: first, startingAt: start)
      let rest = profile.elapsedPicoseconds(forWork: second, startingAt: start + part)
      // Half a picosecond of rounding, at the fastest over the slowest speed of a profile, and one more rounding.
      #expect((whole - part - rest).magnitude <= 9, "seed \(seed)")
    }
  }

  private static func speed(of profile: SpeedProfile, atPicosecond time: Int64) -> Double {
    let now = Duration.picoseconds(time)
    let slowdown = profile.slowdowns.first { $0.from <= now && ($0.until.map { now < $0 } ?? true) }
    return profile.scale * (slowdown?.speed ?? 1)
  }

  private static func randomProfile(using random: inout SplitMix64) throws -> SpeedProfile {
    var slowdowns: [Slowdown] = []
    var time: Int64 = 0
    for _ in 0..<Int.random(in: 0...6, using: &random) {
      let from = time + .random(in: 0...30, using: &random)
      time = from + .random(in: 1...40, using: &random)
      let speed = Double(Int.random(in: 1...6, using: &random)) / 4
      let isEndless = Int.random(in: 0..<12, using: &random) == 0
      slowdowns.append(
        Slowdown(from: .picoseconds(from), until: isEndless ? nil : .picoseconds(time), speed: speed))
      if isEndless { break }
    }
    let scale = Double(Int.random(in: 2...8, using: &random)) / 4
    return try SpeedProfile(scale: scale, slowdowns: slowdowns.shuffled(using: &random))
  }
}

/// Steele, Lea and Flood's generator, so that a seed gives the same cases everywhere.
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
