/// What is left of a device's processor quota, and how long its work takes with it.
public struct QuotaAccount {
  private let period: Int64
  private let part: Int64
  private var current: Int64 = 0
  private var used: Int64 = 0

  /// An account of which nothing is used yet.
  public init(_ quota: ProcessorQuota) {
    period = quota.period.wholePicoseconds
    part = max(1, Int64((quota.share * Double(period)).rounded()))
  }

  /// How long work takes that would take `work` at speed 1 without a quota, when it starts at `start`, which is never
  /// before the end of what came before. O(1) without slowdowns, otherwise O(periods on the way).
  public mutating func elapsedPicoseconds(
    forWork work: Int64, startingAt start: Int64, speed: SpeedProfile
  ) -> Int64 {
    var (now, remaining) = (start, work)
    while true {
      enterPeriod(of: now)
      let available = min(part - used, (current + 1) * period - now)
      let needed = speed.elapsedPicoseconds(forWork: remaining, startingAt: now)
      if needed <= available {
        used += needed
        return now + needed - start
      }
      used += available
      remaining -= speed.workPicoseconds(inElapsed: available, startingAt: now)
      // What is left of a picosecond is no reason to wait for another period.
      guard remaining > 0 else { return now + available - start }
      now = (current + 1) * period
      if speed.slowdowns.isEmpty { skipPeriods(&now, &remaining, speed) }
    }
  }

  /// Goes through all periods but the last of what is left, each of which does equally much.
  private func skipPeriods(_ now: inout Int64, _ remaining: inout Int64, _ speed: SpeedProfile) {
    let needed = speed.elapsedPicoseconds(forWork: remaining, startingAt: now)
    let whole = max(0, (needed - 1) / part)
    remaining -= speed.workPicoseconds(inElapsed: whole * part, startingAt: now)
    now += whole * period
  }

  private mutating func enterPeriod(of time: Int64) {
    let number = time / period
    guard number != current else { return }
    current = number
    used = 0
  }
}
