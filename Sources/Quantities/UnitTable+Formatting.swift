// Release builds of `rounded()` call libm, which only these imports link.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

extension UnitTable {
  /// A value as people write it, `1.5 Gbps`, in the largest of `symbols` (small to large) that makes it at least 1.
  ///
  /// The number has `significantDigits` digits, without trailing zeros, and never an exponent below 10^15.
  func format(_ value: Double, in symbols: [String], significantDigits: Int) -> String {
    let ladder = symbols.compactMap { symbol in units.first { $0.spellings.contains(symbol) }.map { (symbol, $0.scale) }
    }
    guard var chosen = ladder.first else { return "\(value)" }
    for (symbol, scale) in ladder.dropFirst() {
      // Rounding comes before the choice, so 999.96 Mbps is written 1 Gbps and not 1000 Mbps.
      let rounded = roundToSignificantDigits(value.magnitude / scale, significantDigits)
      if rounded >= 1 { chosen = (symbol, scale) }
    }
    let number = formatNumber(value / chosen.1, significantDigits: significantDigits)
    return chosen.0 == "%" || chosen.0.isEmpty ? number + chosen.0 : "\(number) \(chosen.0)"
  }
}

/// A number with at most `significantDigits` digits (more before the point where the value has them), trailing zeros
/// left out: `1.235`, `12.3`, `1008`.
public func formatNumber(_ value: Double, significantDigits: Int) -> String {
  guard value.isFinite, value != 0 else { return value == 0 ? "0" : "\(value)" }
  guard value.magnitude < 1e15, value.magnitude >= 1e-12 else { return "\(value)" }
  let decimals = max(0, significantDigits - 1 - decimalExponent(value.magnitude))
  let scaled = (value.magnitude * powerOfTen(decimals)).rounded()
  // Digits beyond 2^63 need more decimals than a value of at least 1e-12 has with up to six significant digits.
  guard scaled < 9e18 else { return "\(value)" }
  var digits = String(Int64(scaled))
  if digits.count <= decimals { digits = String(repeating: "0", count: decimals + 1 - digits.count) + digits }
  let whole = digits.dropLast(decimals)
  var fraction = digits.suffix(decimals)
  while fraction.last == "0" { fraction.removeLast() }
  return (value < 0 ? "-" : "") + whole + (fraction.isEmpty ? "" : ".\(fraction)")
}

private func roundToSignificantDigits(_ value: Double, _ digits: Int) -> Double {
  guard value > 0 else { return value }
  let decimals = digits - 1 - decimalExponent(value)
  guard decimals > 0 else { return value.rounded() }
  return (value * powerOfTen(decimals)).rounded() / powerOfTen(decimals)
}

/// The exponent of a positive value in scientific notation.
private func decimalExponent(_ value: Double) -> Int {
  var exponent = 0
  var value = value
  while value >= 10 {
    value /= 10
    exponent += 1
  }
  while value < 1 {
    value *= 10
    exponent -= 1
  }
  return exponent
}

private func powerOfTen(_ exponent: Int) -> Double {
  (0..<exponent).reduce(1) { power, _ in power * 10 }
}
