/// How often something is asked for.
public struct RequestRate: Hashable, Comparable, Sendable {
  /// Requests in a second.
  public var perSecond: Double

  /// A rate given in requests in a second.
  public init(perSecond: Double) { self.perSecond = perSecond }

  /// Rare before frequent.
  public static func < (left: RequestRate, right: RequestRate) -> Bool { left.perSecond < right.perSecond }
}

extension RequestRate: ParsableQuantity, CustomStringConvertible {
  /// Its units.
  public static let unitTable = UnitTable(
    quantity: "a rate of requests",
    units: [
      Unit("/s", "/ s", "per second", scale: 1), Unit("/min", "/ min", "per minute", scale: 1.0 / 60),
      Unit("/h", "/ h", "per hour", scale: 1.0 / 3600),
    ])

  /// Reads a text such as `4 /s`.
  public init(parsing text: String, _ bounds: QuantityBounds = .notNegative) throws(QuantityError) {
    self.init(perSecond: try Self.unitTable.parse(text, bounds))
  }

  /// For example `4 /s`.
  public var description: String { Self.unitTable.format(perSecond, in: ["/s"], significantDigits: 3) }
}
