/// Whole picoseconds in 64 bits, in which the simulator counts time. Everything that is converted to them is converted
/// here.
///
/// Conversions round to the nearest picosecond, halves away from zero. Nothing traps: what is too long for 64 bits
/// becomes ``forever``, which lies behind ``limit``, so a run that gets there ends with a report instead.
public enum Picoseconds {
  /// In a second.
  public static let perSecond: Int64 = 1_000_000_000_000

  /// The end of virtual time: 106 days, 9 158 400 s. The 64 bits reach 18 hours further, so that an instant and a
  /// duration of a few hours can still be added.
  public static let limit: Int64 = 106 * 24 * 3600 * perSecond

  /// Stands for all that is too long to be counted.
  public static let forever = Int64.max

  /// The nearest whole number; ``forever`` for what is larger than 64 bits hold and for what is no number.
  @inlinable
  public static func nearest(_ picoseconds: Double) -> Int64 {
    guard picoseconds < 9.2e18 else { return forever }
    guard picoseconds > -9.2e18 else { return .min }
    // Exactly what `rounded()` gives, without the call of libm that it is in release builds.
    let whole = Int64(picoseconds)
    let rest = picoseconds - Double(whole)
    if rest >= 0.5 { return whole + 1 }
    return rest <= -0.5 ? whole - 1 : whole
  }

  /// The nearest whole number of picoseconds in some seconds.
  @inlinable
  public static func nearest(seconds: Double) -> Int64 { nearest(seconds * 1e12) }

  /// The picoseconds in some nanoseconds; ``forever``, or `Int64.min`, beyond what they can count.
  @inlinable
  public static func whole(nanoseconds: Int64) -> Int64 {
    let (picoseconds, overflow) = nanoseconds.multipliedReportingOverflow(by: 1000)
    return overflow ? (nanoseconds < 0 ? .min : forever) : picoseconds
  }

  /// Both together, an instant and a duration, say; ``forever`` where that is too long.
  @inlinable @inline(__always)
  public static func sum(_ first: Int64, _ second: Int64) -> Int64 {
    let (sum, overflow) = first.addingReportingOverflow(second)
    return overflow ? (second < 0 ? .min : forever) : sum
  }
}

/// Conversions between the simulator's integer time and Swift's.
extension Duration {
  /// A whole number of picoseconds.
  public static func picoseconds(_ picoseconds: Int64) -> Duration {
    let (seconds, rest) = picoseconds.quotientAndRemainder(dividingBy: Picoseconds.perSecond)
    return Duration(secondsComponent: seconds, attosecondsComponent: rest * 1_000_000)
  }

  /// Whole picoseconds, the nearest; ``Picoseconds/forever``, or `Int64.min`, beyond what they can count.
  public var picoseconds: Int64 {
    // Not by `components`, which traps where the seconds do not fit into 64 bits.
    let (whole, rest) = attoseconds.quotientAndRemainder(dividingBy: 1_000_000)
    return Int64(clamping: whole + (rest >= 500_000 ? 1 : rest <= -500_000 ? -1 : 0))
  }

  /// The duration in seconds, with the precision of a `Double`.
  public var inSeconds: Double {
    let (seconds, rest) = attoseconds.quotientAndRemainder(dividingBy: 1_000_000_000_000_000_000)
    return Double(seconds) + Double(rest) * 1e-18
  }

  /// The nearest picosecond to some seconds; about 106.75 days for whatever is longer, or no number. The standard library's
  /// `seconds(_:)` traps there.
  public static func nearest(seconds: Double) -> Duration { .picoseconds(Picoseconds.nearest(seconds: seconds)) }

  /// The end of virtual time, 106 days.
  public static let longest = Duration.picoseconds(Picoseconds.limit)
}
