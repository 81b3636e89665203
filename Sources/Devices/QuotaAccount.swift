import Quantities

/// What is left of a device's processor quota, and how long its work takes with it.
public struct QuotaAccount {
  private let period: Int64
  private let part: Int64
  private var current: Int64 = 0
  private var used: Int64 = 0

  /// An account of which nothing is used yet.
  public init(_ quota: ProcessorQuota) {
    period = quota.period.picoseconds
    part = max(1, Picoseconds.nearest(quota.share * Double(period)))
  }

  /// How long work takes that would take `work` at speed 1 without a quota, when it starts at `start`, which is never
  /// before the end of what came before; `Picoseconds.forever` where virtual time does not suffice. O(1) without slowdowns,
  /// otherwise O(changes of speed on the way).
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
        return now - start + needed
      }
      used += available
      remaining -= speed.workPicoseconds(inElapsed: available, startingAt: now)
      // What is left of a picosecond is no reason to wait for another period.
      guard remaining > 0 else { return now + available - start }
      now = (current + 1) * period
      guard skipPeriods(&now, &remaining, speed) else { return Picoseconds.forever }
    }
  }

  /// Goes through whole periods until the speed changes, or until the last one of what is left: each does equally much.
  ///
  /// - Returns: whether virtual time suffices.
  private func skipPeriods(_ now: inout Int64, _ remaining: inout Int64, _ profile: SpeedProfile) -> Bool {
    let (speed, end) = profile.stretch(at: now)
    let needed = Picoseconds.nearest(Double(remaining) / speed)
    let count = min(max(0, (needed - 1) / part), (end - now) / period)
    guard count <= (Picoseconds.limit - now) / period else { return false }
    remaining = max(0, remaining - Picoseconds.nearest(Double(count * part) * speed))
    now += count * period
    return true
  }

  private mutating func enterPeriod(of time: Int64) {
    let number = time / period
    guard number != current else { return }
    current = number
    used = 0
  }
}
