import Devices
import Quantities
import Testing

@Suite("A part of the processor in each period")
struct ProcessorQuotaTests {
  /// 5 ms of each 10 ms.
  @Test(
    "work that fits takes no longer, and what does not waits for the next period",
    arguments: [
      (0, 3, 3), (0, 5, 5), (0, 6, 11), (0, 12, 22), (7, 5, 5), (8, 6, 6), (9, 7, 12), (0, 0, 0), (3, 1000, 1992),
    ])
  func elapsed(start: Int, work: Int, expected: Int) throws {
    var account = QuotaAccount(try ProcessorQuota(share: 0.5, period: .milliseconds(10)))
    let scale: Int64 = 1_000_000_000
    let elapsed = account.elapsedPicoseconds(
      forWork: Int64(work) * scale, startingAt: Int64(start) * scale, speed: .normal)
    #expect(elapsed == Int64(expected) * scale)
  }

  @Test("what was used before counts in its period, and only there")
  func useIsRemembered() throws {
    var account = QuotaAccount(try ProcessorQuota(share: 0.5, period: .microseconds(10)))
    #expect(account.elapsedPicoseconds(forWork: 4_000_000, startingAt: 0, speed: .normal) == 4_000_000)
    #expect(account.elapsedPicoseconds(forWork: 4_000_000, startingAt: 4_000_000, speed: .normal) == 9_000_000)
    #expect(account.elapsedPicoseconds(forWork: 2_000_000, startingAt: 20_000_000, speed: .normal) == 2_000_000)
  }

  /// Reference: step through time picosecond by picosecond, working where something is left.
  @Test("agrees with stepping through time")
  func agreesWithStepping() throws {
    for seed in UInt64(0)..<3000 {
      var random = SplitMix64(state: seed)
      let period = Int64.random(in: 1...20, using: &random)
      let share = Double.random(in: 0.1...1, using: &random)
      var account = QuotaAccount(try ProcessorQuota(share: share, period: .microseconds(period)))
      let part = Int64((share * Double(period * 1_000_000)).rounded())
      var reference = (now: Int64(0), used: Int64(0), period: Int64(0))
      for _ in 0..<4 {
        reference.now += Int64.random(in: 0...30_000_000, using: &random)
        let work = Int64.random(in: 0...60_000_000, using: &random)
        let start = reference.now
        step(&reference, work: work, period: period * 1_000_000, part: part)
        let elapsed = account.elapsedPicoseconds(forWork: work, startingAt: start, speed: .normal)
        #expect(elapsed == reference.now - start, "seed \(seed)")
      }
    }
  }

  /// Reference: from event to event, where an event is the end of a period or of its part.
  private func step(_ state: inout (now: Int64, used: Int64, period: Int64), work: Int64, period: Int64, part: Int64) {
    var left = work
    while left > 0 {
      if state.now / period != state.period { state = (state.now, 0, state.now / period) }
      let end = (state.period + 1) * period
      if state.used == part {
        state.now = end
        continue
      }
      let slice = min(left, part - state.used, end - state.now)
      state.now += slice
      state.used += slice
      left -= slice
    }
  }

  @Test("with slowdowns, work in two parts takes as long as at once")
  func slowdowns() throws {
    for seed in UInt64(0)..<2000 {
      var random = SplitMix64(state: seed)
      let from = Int64.random(in: 0...80, using: &random)
      let until = from + .random(in: 1...80, using: &random)
      let speed = try SpeedProfile(
        scale: Double(Int.random(in: 1...4, using: &random)) / 2,
        slowdowns: [Slowdown(from: .microseconds(from), until: .microseconds(until), speed: 0.5)])
      let quota = try ProcessorQuota(share: .random(in: 0.1...1, using: &random), period: .microseconds(10))
      let (first, second) = (
        Int64.random(in: 0...50_000_000, using: &random), Int64.random(in: 0...50_000_000, using: &random)
      )
      var (whole, parts) = (QuotaAccount(quota), QuotaAccount(quota))
      let atOnce = whole.elapsedPicoseconds(forWork: first + second, startingAt: 0, speed: speed)
      let part = parts.elapsedPicoseconds(forWork: first, startingAt: 0, speed: speed)
      let rest = parts.elapsedPicoseconds(forWork: second, startingAt: part, speed: speed)
      // Rounding may leave some picoseconds for another period.
      let difference = (atOnce - part - rest).magnitude
      #expect(difference < 50 || difference <= 10_000_000 && isAtAnEnd(atOnce, quota), "seed \(seed): \(difference)")
    }
  }

  /// Whether a time is within some picoseconds of where a period's part begins or ends.
  private func isAtAnEnd(_ time: Int64, _ quota: ProcessorQuota) -> Bool {
    let phase = Double(time % 10_000_000)
    return [0, quota.share * 1e7, 1e7].contains { abs(phase - $0) < 50 }
  }

  @Test("a whole processor is as if there were no quota")
  func wholeProcessor() throws {
    var account = QuotaAccount(try ProcessorQuota(share: 1, period: .milliseconds(10)))
    let half = try SpeedProfile(scale: 0.5)
    let work: Int64 = 123_456_789_012
    let elapsed = account.elapsedPicoseconds(forWork: work, startingAt: 5, speed: half)
    #expect(abs(elapsed - 2 * work) <= 2)
  }

  @Test("impossible quotas are refused")
  func refusals() {
    #expect(throws: DeviceError.invalidShare(0)) { try ProcessorQuota(share: 0, period: .milliseconds(10)) }
    #expect(throws: DeviceError.invalidShare(1.5)) { try ProcessorQuota(share: 1.5, period: .milliseconds(10)) }
    #expect(throws: DeviceError.invalidPeriod(.zero)) { try ProcessorQuota(share: 0.5, period: .zero) }
  }
}
