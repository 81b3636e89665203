import Quantities

/// How a fitted figure is written in a cluster file. Values are in seconds, bytes and their quotients.
enum FigureUnit: Sendable {
  case duration
  /// The time of a byte, written as a rate.
  case perByte
  /// A network's rate, in bits.
  case bandwidth
  /// A memory's rate, in bytes.
  case memoryRate
  case computeRate
  case size
  case ratio

  /// The value with its unit: `12.3 us`.
  func text(_ value: Double) -> String {
    switch self {
    case .duration: return Duration.nearest(seconds: max(0, value)).shortDescription.replacing("µ", with: "u")
    case .perByte:
      return value > 1e-16 ? Bandwidth(bytesPerSecond: 1 / value).byteRateDescription : "0 ps"
    case .bandwidth: return Bandwidth(bytesPerSecond: max(0, value)).description
    case .memoryRate: return Bandwidth(bytesPerSecond: max(0, value)).byteRateDescription
    case .computeRate: return "\(ComputeRate(flopsPerSecond: max(0, value)))"
    case .size: return "\(DataSize(bytes: Int(min(max(0, value), 1e18).rounded())))"
    case .ratio: return formatNumber(value, significantDigits: 4)
    }
  }

  /// The value of such a text; `nil` unless it is one.
  func value(of text: String) -> Double? {
    switch self {
    case .duration: (try? Duration(parsing: text))?.inSeconds
    case .perByte:
      if let rate = try? Bandwidth(parsing: text, .positive) {
        1 / rate.bytesPerSecond
      } else {
        (try? Duration(parsing: text))?.inSeconds
      }
    case .bandwidth, .memoryRate: (try? Bandwidth(parsing: text))?.bytesPerSecond
    case .computeRate: (try? ComputeRate(parsing: text))?.flopsPerSecond
    case .size: (try? DataSize(parsing: text)).map { Double($0.bytes) }
    case .ratio: (try? Ratio(parsing: text))?.value
    }
  }
}
