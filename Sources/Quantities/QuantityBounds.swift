/// The values a quantity may take where it is used. Infinities and NaN are never among them.
public struct QuantityBounds: Hashable, Sendable {
  /// Zero and more.
  public static let notNegative = QuantityBounds(0..., rule: "must not be negative")
  /// More than zero.
  public static let positive = QuantityBounds(0..., isZeroAllowed: false, rule: "must be greater than zero")
  /// From 0 to 1.
  public static let fraction = QuantityBounds(0...1, rule: "must lie between 0 and 1")
  /// More than 0, and at most 1.
  public static let positiveFraction = QuantityBounds(
    0...1, isZeroAllowed: false, rule: "must be greater than 0 and at most 1")

  /// What is allowed, as the end of a sentence: `must not be negative`.
  public let rule: String
  private let lowest: Double
  private let highest: Double
  private let isZeroAllowed: Bool
  /// Whether ``rule`` names both ends, which is more than needs to be said of a value that is not even positive.
  private let isSpan: Bool

  private init(_ range: PartialRangeFrom<Double>, isZeroAllowed: Bool = true, rule: String) {
    self.init(range.lowerBound...Double.greatestFiniteMagnitude, isZeroAllowed: isZeroAllowed, rule: rule)
  }

  /// - Parameter range: in the quantity's base unit.
  init(_ range: ClosedRange<Double>, isZeroAllowed: Bool = true, isSpan: Bool = false, rule: String) {
    self.isSpan = isSpan
    lowest = range.lowerBound
    highest = range.upperBound
    self.isZeroAllowed = isZeroAllowed
    self.rule = rule
  }

  /// Whether a value in the quantity's base unit is allowed.
  public func contains(_ value: Double) -> Bool { violated(by: value) == nil }

  /// The simplest bounds that a value is outside of, for the error.
  func violated(by value: Double) -> QuantityBounds? {
    if value >= lowest, value <= highest, isZeroAllowed || value > 0 { return nil }
    guard isSpan, value <= 0 else { return self }
    return lowest > 0 ? .positive : .notNegative
  }
}

extension ParsableQuantity {
  /// From one value to another, both as people write them: `Bandwidth.bounds(from: "1 bps", to: "1 TB/s")`.
  ///
  /// - Precondition: both are values of this quantity, neither is negative, and the first is the smaller one.
  public static func bounds(from lowest: String, to highest: String) -> QuantityBounds {
    guard let low = try? unitTable.parse(lowest, .notNegative), let high = try? unitTable.parse(highest, .notNegative),
      low <= high
    else { preconditionFailure("\(lowest) and \(highest) are no bounds of \(unitTable.quantity)") }
    return QuantityBounds(low...high, isSpan: true, rule: "must lie between \(lowest) and \(highest)")
  }
}
