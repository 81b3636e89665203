/// An amount of data in whole bytes.
///
/// `4 MB` is 4 x 10^6 bytes and `4 MiB` 4 x 2^20 (IEC 80000-13).
public struct DataSize: Hashable, Comparable, Sendable {
  /// Whole bytes.
  public var bytes: Int

  /// A size given in bytes.
  public init(bytes: Int) {
    self.bytes = bytes
  }

  /// Smaller before larger.
  public static func < (left: DataSize, right: DataSize) -> Bool { left.bytes < right.bytes }
  /// Both sizes together.
  public static func + (left: DataSize, right: DataSize) -> DataSize { DataSize(bytes: left.bytes + right.bytes) }
  /// What is left; negative when `right` is larger.
  public static func - (left: DataSize, right: DataSize) -> DataSize { DataSize(bytes: left.bytes - right.bytes) }
}

extension DataSize: ParsableQuantity, CustomStringConvertible {
  /// In bytes.
  public static let unitTable = UnitTable(
    quantity: "a data size",
    units: [
      Unit("B", "bytes", "byte", scale: 1),
      Unit("kB", scale: 1e3),
      Unit("MB", scale: 1e6),
      Unit("GB", scale: 1e9),
      Unit("TB", scale: 1e12),
      Unit("KiB", scale: 1024),
      Unit("MiB", scale: 1_048_576),
      Unit("GiB", scale: 1_073_741_824),
      Unit("TiB", scale: 1_099_511_627_776),
    ])

  /// A fraction of a byte is rounded to the nearest byte; bounds hold for the rounded size.
  public init(parsing text: String, _ bounds: QuantityBounds = .notNegative) throws(QuantityError) {
    let bytes = try Self.unitTable.parse(text, bounds).rounded()
    if let violated = bounds.violated(by: bytes) { throw Self.unitTable.error(text, .outOfBounds(violated)) }
    guard let whole = Int(exactly: bytes) else { throw Self.unitTable.error(text, .tooLarge) }
    self.init(bytes: whole)
  }

  /// In decimal units: `4.19 MB`.
  public var description: String {
    Self.unitTable.format(Double(bytes), in: ["B", "kB", "MB", "GB", "TB"], significantDigits: 3)
  }

  /// In binary units, as memory capacities are given: `8 GiB`.
  public var binaryDescription: String {
    Self.unitTable.format(Double(bytes), in: ["B", "KiB", "MiB", "GiB", "TiB"], significantDigits: 3)
  }
}
