/// Conversions between the simulator's integer time and Swift's.
extension Duration {
  /// A duration of whole picoseconds, exactly.
  public init(picoseconds: Int64) {
    let (seconds, rest) = picoseconds.quotientAndRemainder(dividingBy: 1_000_000_000_000)
    self.init(secondsComponent: seconds, attosecondsComponent: rest * 1_000_000)
  }

  /// Whole picoseconds, the nearest; `Int64.max` or `.min` beyond 106 days.
  public var picoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000_000)
    guard !overflow else { return seconds < 0 ? .min : .max }
    let half: Int64 = attoseconds < 0 ? -500_000 : 500_000
    let (sum, carry) = scaled.addingReportingOverflow((attoseconds + half) / 1_000_000)
    return carry ? (seconds < 0 ? .min : .max) : sum
  }

  /// Whole picoseconds in `seconds`, the nearest; `Int64.max` beyond 106 days.
  public static func picoseconds(inSeconds seconds: Double) -> Int64 {
    let scaled = (seconds * 1e12).rounded()
    return scaled >= 9.2e18 ? .max : Int64(scaled)
  }
}
