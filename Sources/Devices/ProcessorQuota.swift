import Quantities

/// A part of the processor that a device may use in each period, and nothing once that is used up: Linux's CFS bandwidth
/// control, by which containers are limited (`docker run --cpus`, `cpu.max`).
///
/// It differs from a slower processor: what is computed between waits, and takes less than the part, takes no longer.
public struct ProcessorQuota: Hashable, Sendable, CustomStringConvertible {
  /// The period that Linux and container engines use unless told another.
  public static let defaultPeriod = Duration.milliseconds(100)

  /// More than zero and at most 1.
  public let share: Double
  /// Periods begin at its multiples.
  public let period: Duration

  /// - Throws: ``DeviceError`` for a share that is not in (0, 1], or a period of less than a microsecond or more than an
  ///   hour.
  public init(share: Double, period: Duration) throws(DeviceError) {
    guard share > 0, share <= 1 else { throw .invalidShare(share) }
    guard period >= .microseconds(1), period <= .seconds(3600) else { throw .invalidPeriod(period) }
    self.share = share
    self.period = period
  }

  /// For example `50% of each 10 ms`.
  public var description: String {
    "\(formatNumber(100 * share, significantDigits: 4))% of each \(period.shortDescription)"
  }
}
