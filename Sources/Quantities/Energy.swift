/// Energy in joules.
public struct Energy: Hashable, Comparable, Sendable {
  /// Joules.
  public var joules: Double

  /// An energy given in joules.
  public init(joules: Double) {
    self.joules = joules
  }

  /// No energy.
  public static let zero = Energy(joules: 0)

  /// Smaller before larger.
  public static func < (left: Energy, right: Energy) -> Bool { left.joules < right.joules }
  /// Both energies together.
  public static func + (left: Energy, right: Energy) -> Energy { Energy(joules: left.joules + right.joules) }
  /// Adds an energy.
  public static func += (left: inout Energy, right: Energy) { left.joules += right.joules }
}

extension Energy: ParsableQuantity, CustomStringConvertible {
  /// Its units.
  public static let unitTable = UnitTable(
    quantity: "an energy",
    units: [
      Unit("pJ", scale: 1e-12),
      Unit("nJ", scale: 1e-9),
      Unit("uJ", "µJ", "μJ", scale: 1e-6),
      Unit("mJ", scale: 1e-3),
      Unit("J", scale: 1),
      Unit("kJ", scale: 1e3),
      Unit("MJ", scale: 1e6),
      Unit("GJ", scale: 1e9),
      Unit("Wh", scale: 3600),
      Unit("kWh", scale: 3.6e6),
    ])

  /// Reads a text such as `12 J` or `80 pJ/B`.
  public init(parsing text: String, _ bounds: QuantityBounds = .notNegative) throws(QuantityError) {
    self.init(joules: try Self.unitTable.parse(text, bounds))
  }

  /// For example `12.3 J`.
  public var description: String {
    Self.unitTable.format(joules, in: ["pJ", "nJ", "µJ", "mJ", "J", "kJ", "MJ", "GJ"], significantDigits: 3)
  }
}

/// Energy spent for each byte moved.
public struct EnergyPerByte: Hashable, Comparable, Sendable {
  /// Joules per byte.
  public var joulesPerByte: Double

  /// An energy given in joules per byte.
  public init(joulesPerByte: Double) {
    self.joulesPerByte = joulesPerByte
  }

  /// Smaller before larger.
  public static func < (left: EnergyPerByte, right: EnergyPerByte) -> Bool { left.joulesPerByte < right.joulesPerByte }
}

extension EnergyPerByte: ParsableQuantity, CustomStringConvertible {
  /// Its units.
  public static let unitTable = UnitTable(
    quantity: "an energy per byte",
    units: [
      Unit("pJ/B", scale: 1e-12),
      Unit("nJ/B", scale: 1e-9),
      Unit("uJ/B", "µJ/B", "μJ/B", scale: 1e-6),
      Unit("mJ/B", scale: 1e-3),
      Unit("J/B", scale: 1),
      Unit("pJ/bit", scale: 8e-12),
      Unit("nJ/bit", scale: 8e-9),
    ])

  /// Reads a text such as `12 J` or `80 pJ/B`.
  public init(parsing text: String, _ bounds: QuantityBounds = .notNegative) throws(QuantityError) {
    self.init(joulesPerByte: try Self.unitTable.parse(text, bounds))
  }

  /// For example `80 pJ/B`.
  public var description: String {
    Self.unitTable.format(joulesPerByte, in: ["pJ/B", "nJ/B", "µJ/B", "mJ/B", "J/B"], significantDigits: 3)
  }
}
