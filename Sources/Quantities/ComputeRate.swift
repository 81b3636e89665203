/// Arithmetic operations per second; a multiply-add counts as two.
///
/// Integer rates use the same unit: `33 TOPS` is `33 TFLOPS`.
public struct ComputeRate: Hashable, Comparable, Sendable {
  /// Operations per second.
  public var flopsPerSecond: Double

  /// A rate given in operations per second.
  public init(flopsPerSecond: Double) {
    self.flopsPerSecond = flopsPerSecond
  }

  /// Slower before faster.
  public static func < (left: ComputeRate, right: ComputeRate) -> Bool { left.flopsPerSecond < right.flopsPerSecond }
}

extension ComputeRate: ParsableQuantity, CustomStringConvertible {
  /// Its units.
  public static let unitTable = UnitTable(
    quantity: "a compute rate",
    units: [
      Unit("FLOPS", "FLOP/s", "OPS", "OP/s", scale: 1),
      Unit("kFLOPS", "kFLOP/s", scale: 1e3),
      Unit("MFLOPS", "MFLOP/s", "MOPS", "MOP/s", scale: 1e6),
      Unit("GFLOPS", "GFLOP/s", "GOPS", "GOP/s", scale: 1e9),
      Unit("TFLOPS", "TFLOP/s", "TOPS", "TOP/s", scale: 1e12),
      Unit("PFLOPS", "PFLOP/s", "POPS", "POP/s", scale: 1e15),
      Unit("EFLOPS", "EFLOP/s", "EOPS", "EOP/s", scale: 1e18),
    ])

  /// Reads a text such as `40 TFLOPS`.
  public init(parsing text: String, _ bounds: QuantityBounds = .notNegative) throws(QuantityError) {
    self.init(flopsPerSecond: try Self.unitTable.parse(text, bounds))
  }

  /// For example `40 TFLOPS`.
  public var description: String {
    Self.unitTable.format(
      flopsPerSecond, in: ["FLOPS", "kFLOPS", "MFLOPS", "GFLOPS", "TFLOPS", "PFLOPS", "EFLOPS"], significantDigits: 4)
  }
}
