extension Duration: ParsableQuantity {
  /// In picoseconds.
  public static let unitTable = UnitTable(
    quantity: "a duration",
    units: [
      Unit("ps", scale: 1),
      Unit("ns", scale: 1e3),
      Unit("us", "µs", "μs", scale: 1e6),
      Unit("ms", scale: 1e9),
      Unit("s", scale: 1e12),
      Unit("min", scale: 60e12),
      Unit("h", scale: 3600e12),
    ])

  /// Rounded to the nearest picosecond, the simulator's resolution; at most 106 days, the end of virtual time.
  public init(parsing text: String, _ bounds: QuantityBounds = .notNegative) throws(QuantityError) {
    let picoseconds = Picoseconds.nearest(try Self.unitTable.parse(text, bounds))
    if let violated = bounds.violated(by: Double(picoseconds)) {
      throw Self.unitTable.error(text, .outOfBounds(violated))
    }
    guard picoseconds <= Picoseconds.limit else { throw Self.unitTable.error(text, .tooLong) }
    self = .picoseconds(picoseconds)
  }

  /// The duration in a fitting unit with four digits: `1.234 ms`.
  public var shortDescription: String {
    if self == .zero { return "0 s" }
    return Self.unitTable.format(inSeconds * 1e12, in: ["ps", "ns", "µs", "ms", "s", "h"], significantDigits: 4)
  }
}
