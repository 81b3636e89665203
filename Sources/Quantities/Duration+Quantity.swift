extension Duration: ParsableQuantity {
  // In picoseconds.
  private static let units = UnitTable(
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

  /// Rounded to the nearest picosecond, the simulator's resolution; at most the 106 days that it counts.
  public init(parsing text: String, _ bounds: QuantityBounds = .notNegative) throws(QuantityError) {
    let picoseconds = try Self.units.parse(text, bounds).rounded()
    guard bounds.contains(picoseconds) else { throw Self.units.error(text, .outOfBounds(bounds)) }
    guard let whole = Int64(exactly: picoseconds) else { throw Self.units.error(text, .tooLarge) }
    self = .picoseconds(whole)
  }

  /// A whole number of picoseconds.
  public static func picoseconds(_ picoseconds: Int64) -> Duration {
    let (seconds, rest) = picoseconds.quotientAndRemainder(dividingBy: 1_000_000_000_000)
    return Duration(secondsComponent: seconds, attosecondsComponent: rest * 1_000_000)
  }

  /// The duration in seconds, with the precision of a `Double`.
  public var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }

  /// The duration in a fitting unit with four digits: `1.234 ms`.
  public var shortDescription: String {
    Self.units.format(inSeconds * 1e12, in: ["ps", "ns", "µs", "ms", "s", "h"], significantDigits: 4)
  }
}
