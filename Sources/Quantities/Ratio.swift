/// A number without a unit, which people may also write in percent: `0.5` or `50%`.
public struct Ratio: Hashable, Comparable, Sendable {
  /// The number itself: 0.5 for 50%.
  public var value: Double

  /// A ratio of a given value.
  public init(_ value: Double) {
    self.value = value
  }

  /// Smaller before larger.
  public static func < (left: Ratio, right: Ratio) -> Bool { left.value < right.value }
}

extension Ratio: ParsableQuantity, CustomStringConvertible {
  /// Its units.
  public static let unitTable = UnitTable(quantity: "a ratio", units: [Unit("", scale: 1), Unit("%", scale: 0.01)])

  /// Reads a text such as `0.5` or `50%`.
  public init(parsing text: String, _ bounds: QuantityBounds = .notNegative) throws(QuantityError) {
    self.init(try Self.unitTable.parse(text, bounds))
  }

  /// In percent: `62.5%`.
  public var description: String {
    Self.unitTable.format(value, in: ["%"], significantDigits: 3)
  }
}
