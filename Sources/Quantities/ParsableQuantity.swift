/// A quantity that people write as a number and a unit.
public protocol ParsableQuantity {
  /// The quantity's units.
  static var unitTable: UnitTable { get }

  /// - Parameter bounds: the values allowed where the text stands.
  /// - Throws: ``QuantityError`` that names the text, the fault and the units allowed.
  init(parsing text: String, _ bounds: QuantityBounds) throws(QuantityError)
}
