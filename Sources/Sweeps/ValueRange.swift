import Documents
import Foundation
import Inputs
import Quantities

/// Numbers between two ends, with a unit if they have one.
struct ValueRange: Hashable, Sendable {
  /// How values lie between the ends.
  enum Scale: String, CaseIterable, Sendable {
    /// At equal distances.
    case linear
    /// At equal ratios.
    case log
  }

  private let from: Double
  private let to: Double
  private let count: Int
  private let scale: Scale
  /// After each number, with the space before it; empty for none.
  private let unit: String
  /// Whether both ends are whole numbers, so that all values are.
  private let isWhole: Bool

  /// The most values of a range.
  private static let limit = 1_000_000

  /// Reads `{from: 32, to: 1024, count: 6, scale: log}`.
  init(_ value: DocumentValue) throws(DocumentError) {
    let fields = try DocumentFields(value, of: "a range's fields", allowed: ["from", "to", "count", "scale"])
    let first = try Self.number(fields.required("from", example: "100 Mbps"))
    let last = try Self.number(fields.required("to", example: "10 Gbps"))
    guard first.unit == last.unit else {
      throw value.error("from and to have different units (\"\(first.unit)\" and \"\(last.unit)\"); write both in one")
    }
    guard first.value < last.value else { throw value.error("the range is empty: from has to be less than to") }
    count = try fields["count"]?.integer(in: 2...Self.limit) ?? 2
    scale = try fields["scale"]?.choice("scale", of: Scale.self) ?? .linear
    guard scale == .linear || first.value > 0 else {
      throw value.error("a logarithmic range has no value at or below 0; begin above it, or write scale: linear")
    }
    (from, to) = (first.value, last.value)
    unit = first.unit.isEmpty ? "" : " \(first.unit)"
    isWhole = first.isWhole && last.isWhole && first.unit.isEmpty
  }

  /// The values from end to end. Whole ones that fall on the same number stand once.
  var values: [String] {
    var seen: Set<String> = []
    return (0..<count).map { text(number(at: Double($0) / Double(count - 1))) }.filter { seen.insert($0).inserted }
  }

  func value(at part: Double) -> String { text(number(at: part)) }

  private func number(at part: Double) -> Double {
    switch scale {
    case .linear: from + part * (to - from)
    case .log: exp(Foundation.log(from) + part * (Foundation.log(to) - Foundation.log(from)))
    }
  }

  private func text(_ number: Double) -> String {
    if isWhole { return "\(Int(number.rounded()))" }
    // Twelve digits: ends stand as they were written, whatever exp and log have rounded.
    let digits = String(format: "%.12g", number)
    return digits + unit
  }

  private static func number(
    _ value: DocumentValue
  ) throws(DocumentError) -> (value: Double, unit: String, isWhole: Bool) {
    let text = try value.text("a number, with its unit if it has one")
    let digits = text.prefix { $0.isNumber || "+-.eE_".contains($0) }
    guard let number = Double(digits), number.isFinite, abs(number) < 1e15 else {
      throw value.error("expected a number, with its unit if it has one, found \(value.shown)")
    }
    let unit = text.dropFirst(digits.count).trimmingCharacters(in: .whitespaces)
    return (number, unit, Int(digits) != nil)
  }
}
