/// Data moved per unit of time: a link's or a memory's rate.
///
/// Capital `B` is a byte and small `b` a bit: `1 GBps` is eight times `1 Gbps`.
public struct Bandwidth: Hashable, Comparable, Sendable {
  /// Bytes per second.
  public var bytesPerSecond: Double

  /// A rate given in bytes per second.
  public init(bytesPerSecond: Double) {
    self.bytesPerSecond = bytesPerSecond
  }

  /// A rate given in bits per second, eight to a byte.
  public init(bitsPerSecond: Double) {
    self.bytesPerSecond = bitsPerSecond / 8
  }

  /// Bits per second.
  public var bitsPerSecond: Double { bytesPerSecond * 8 }

  /// Slower before faster.
  public static func < (left: Bandwidth, right: Bandwidth) -> Bool { left.bytesPerSecond < right.bytesPerSecond }
}

extension Bandwidth: ParsableQuantity, CustomStringConvertible {
  /// In bits per second.
  public static let unitTable = UnitTable(
    quantity: "a bandwidth",
    units: [
      Unit("bps", "b/s", "bit/s", scale: 1),
      Unit("kbps", "kb/s", "kbit/s", scale: 1e3),
      Unit("Mbps", "Mb/s", "Mbit/s", scale: 1e6),
      Unit("Gbps", "Gb/s", "Gbit/s", scale: 1e9),
      Unit("Tbps", "Tb/s", "Tbit/s", scale: 1e12),
      Unit("B/s", "Bps", scale: 8),
      Unit("kB/s", "kBps", scale: 8e3),
      Unit("MB/s", "MBps", scale: 8e6),
      Unit("GB/s", "GBps", scale: 8e9),
      Unit("TB/s", "TBps", scale: 8e12),
      Unit("KiB/s", "KiBps", scale: 8 * 1024),
      Unit("MiB/s", "MiBps", scale: 8 * 1_048_576),
      Unit("GiB/s", "GiBps", scale: 8 * 1_073_741_824),
      Unit("TiB/s", "TiBps", scale: 8 * 1_099_511_627_776),
    ])

  /// Reads a text such as `1 Gbps` or `900 GB/s`.
  public init(parsing text: String, _ bounds: QuantityBounds = .notNegative) throws(QuantityError) {
    self.init(bitsPerSecond: try Self.unitTable.parse(text, bounds))
  }

  /// In bits, as network rates are given: `1 Gbps`.
  public var description: String {
    Self.unitTable.format(bitsPerSecond, in: ["bps", "kbps", "Mbps", "Gbps", "Tbps"], significantDigits: 4)
  }

  /// In bytes, as memory rates are given: `102 GB/s`.
  public var byteRateDescription: String {
    Self.unitTable.format(bitsPerSecond, in: ["B/s", "kB/s", "MB/s", "GB/s", "TB/s"], significantDigits: 4)
  }
}
