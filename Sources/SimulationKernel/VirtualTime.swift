import Quantities

/// A point of virtual time: whole picoseconds since the run began.
///
/// 64 bits reach 106 days. An integer keeps equal instants equal, so that ties are ties on every machine.
public struct VirtualTime: Hashable, Comparable, Sendable, Codable {
  /// Whole picoseconds since the run began.
  public let picoseconds: Int64

  /// The instant that many picoseconds after the run began.
  @inlinable
  public init(picoseconds: Int64) { self.picoseconds = picoseconds }

  /// When the run begins.
  public static let zero = VirtualTime(picoseconds: 0)

  /// The last instant that can be represented; stands for all that come too late to be counted.
  public static let distantFuture = VirtualTime(picoseconds: Picoseconds.forever)

  /// The end of virtual time, 106 days; a run that gets past it has failed.
  public static let limit = VirtualTime(picoseconds: Picoseconds.limit)

  /// Earlier before later.
  @inlinable
  public static func < (left: VirtualTime, right: VirtualTime) -> Bool { left.picoseconds < right.picoseconds }

  /// This instant and `picoseconds` more, or ``distantFuture`` where that cannot be represented.
  @inlinable
  public func advanced(byPicoseconds picoseconds: Int64) -> VirtualTime {
    VirtualTime(picoseconds: Picoseconds.sum(self.picoseconds, picoseconds))
  }

  /// The instant `seconds` after the run began, to the nearest picosecond.
  public init(seconds: Double) { self.init(picoseconds: Picoseconds.nearest(seconds: seconds)) }

  /// Seconds since the run began, for reports.
  public var seconds: Double { Double(picoseconds) * 1e-12 }
}

extension VirtualTime: InstantProtocol {
  /// This instant and `duration` more, to the nearest picosecond.
  public func advanced(by duration: Duration) -> VirtualTime { advanced(byPicoseconds: duration.picoseconds) }

  /// From this instant until `other`; negative when that is earlier.
  public func duration(to other: VirtualTime) -> Duration {
    .picoseconds(other.picoseconds - picoseconds)
  }
}

extension VirtualTime: CustomStringConvertible {
  /// The instant in the unit that suits its size: `1.5 ms`.
  public var description: String {
    let units: [(size: Int64, name: String)] = [
      (1_000_000_000_000, "s"), (1_000_000_000, "ms"), (1_000_000, "us"), (1000, "ns"),
    ]
    for unit in units where abs(picoseconds) >= unit.size {
      let whole = picoseconds / unit.size
      let digits = String((abs(picoseconds) % unit.size) + unit.size).dropFirst()
      let fraction = digits.trimmingTrailingZeros
      return fraction.isEmpty ? "\(whole) \(unit.name)" : "\(whole).\(fraction) \(unit.name)"
    }
    return picoseconds == 0 ? "0 s" : "\(picoseconds) ps"
  }
}

extension Substring {
  fileprivate var trimmingTrailingZeros: Substring {
    var trimmed = self
    while trimmed.last == "0" { trimmed.removeLast() }
    return trimmed
  }
}
