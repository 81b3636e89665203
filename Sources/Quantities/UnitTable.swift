/// One unit of a quantity: its spellings, the preferred one first, and its worth in the quantity's base unit.
struct Unit: Sendable {
  let spellings: [String]
  let scale: Double

  init(_ spellings: String..., scale: Double) {
    self.spellings = spellings
    self.scale = scale
  }

  var symbol: String { spellings[0] }
}

/// The units of one quantity, with which all quantities are read and written.
///
/// Units are case-sensitive throughout: `b` is a bit and `B` a byte, `m` is milli and `M` mega.
public struct UnitTable: Sendable {
  /// The quantity with its article: `a bandwidth`.
  let quantity: String
  let units: [Unit]

  /// The value of a text such as `1.5 Gbps` in the base unit. Zero needs no unit, since it is the same in all.
  func parse(_ text: String, _ bounds: QuantityBounds) throws(QuantityError) -> Double {
    let (number, symbol) = Self.split(text)
    guard let number, number.isFinite else { throw error(text, .notANumber) }
    let scale: Double
    if let unit = units.first(where: { $0.spellings.contains(symbol) }) {
      scale = unit.scale
    } else if !symbol.isEmpty {
      throw error(text, .unknownUnit(symbol, nearest: nearestName(to: symbol, among: units.flatMap(\.spellings))))
    } else if number == 0 {
      scale = 1
    } else {
      throw error(text, .missingUnit)
    }
    let value = number * scale
    guard value.isFinite else { throw error(text, .tooLarge) }
    if let violated = bounds.violated(by: value) { throw error(text, .outOfBounds(violated)) }
    return value
  }

  func error(_ text: String, _ reason: QuantityError.Reason) -> QuantityError {
    QuantityError(text: text, expected: quantity, units: units.map(\.symbol), reason: reason)
  }

  /// The number at the start of a text, or `nil` when there is none, and the unit after it.
  private static func split(_ text: String) -> (number: Double?, unit: String) {
    // No quantity is longer than that.
    guard text.utf8.count <= 1024 else { return (nil, "") }
    let text = text.trimming(\.isWhitespace)
    var end = text.startIndex
    while end < text.endIndex, isPartOfNumber(text, at: end) { end = text.index(after: end) }
    let unit = text[end...].trimming(\.isWhitespace)
    return (Double(text[..<end]), String(unit))
  }

  /// Separators count as parts of the number, so that `1,000` is refused as a number and not misread as `1`.
  private static func isPartOfNumber(_ text: Substring, at index: Substring.Index) -> Bool {
    let character = text[index]
    if ("0"..."9").contains(character) || ".,_+-'".contains(character) { return true }
    // An `e` belongs to the number only between digits, so the E of EFLOPS is none.
    guard character == "e" || character == "E", index > text.startIndex else { return false }
    guard let next = text[text.index(after: index)...].first else { return false }
    return ("0"..."9").contains(next) || next == "-" || next == "+"
  }
}

extension StringProtocol {
  /// The text without the characters at either end that satisfy `predicate`.
  func trimming(_ predicate: (Character) -> Bool) -> SubSequence {
    guard let first = firstIndex(where: { !predicate($0) }), let last = lastIndex(where: { !predicate($0) }) else {
      return self[endIndex..<endIndex]
    }
    return self[first...last]
  }
}
