/// Power in watts.
public struct Power: Hashable, Comparable, Sendable {
  /// Watts.
  public var watts: Double

  /// A power given in watts.
  public init(watts: Double) {
    self.watts = watts
  }

  /// Smaller before larger.
  public static func < (left: Power, right: Power) -> Bool { left.watts < right.watts }

  /// The energy that a constant power delivers in a time.
  public static func * (power: Power, time: Duration) -> Energy { Energy(joules: power.watts * time.inSeconds) }
}

extension Power: ParsableQuantity, CustomStringConvertible {
  /// Its units.
  public static let unitTable = UnitTable(
    quantity: "a power",
    units: [
      Unit("uW", "µW", "μW", scale: 1e-6),
      Unit("mW", scale: 1e-3),
      Unit("W", scale: 1),
      Unit("kW", scale: 1e3),
      Unit("MW", scale: 1e6),
    ])

  /// Reads a text such as `15 W`.
  public init(parsing text: String, _ bounds: QuantityBounds = .notNegative) throws(QuantityError) {
    self.init(watts: try Self.unitTable.parse(text, bounds))
  }

  /// For example `15 W`.
  public var description: String {
    Self.unitTable.format(watts, in: ["µW", "mW", "W", "kW", "MW"], significantDigits: 3)
  }
}
