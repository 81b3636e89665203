import Communication

/// The part of an axis that one of several devices holds.
public struct AxisShare: Hashable, Sendable {
  /// The entries held.
  public let range: Range<Int>
  /// Length of the whole axis.
  public let total: Int

  /// - Precondition: the range lies within the axis.
  public init(_ range: Range<Int>, of total: Int) {
    precondition(range.lowerBound >= 0 && range.upperBound <= total, "\(range) does not lie within 0..<\(total)")
    self.range = range
    self.total = total
  }

  /// This member's share when the axis is divided among a group as evenly as can be; all of it without a group.
  ///
  /// - Precondition: each member gets an entry.
  public init(of total: Int, in group: (any Communicator)?) {
    guard let group else {
      self.init(0..<total, of: total)
      return
    }
    let ranges = consecutiveRanges(apportion(total, by: Array(repeating: 1, count: group.size)))
    self.init(ranges[group.rank], of: total)
  }

  /// All of an axis.
  public static func whole(_ total: Int) -> AxisShare { AxisShare(0..<total, of: total) }

  /// Entries held.
  public var count: Int { range.count }

  /// The same share of an axis on which each entry has become `factor` ones, as each head becomes its columns.
  func scaled(by factor: Int) -> AxisShare {
    AxisShare(range.lowerBound * factor..<range.upperBound * factor, of: total * factor)
  }

  /// The range, or `nil` where it is all of the axis.
  var partialRange: Range<Int>? { count == total ? nil : range }
}
