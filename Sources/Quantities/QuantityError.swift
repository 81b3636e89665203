/// A text that is not the quantity it should be.
public struct QuantityError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong with the text.
  public enum Reason: Hashable, Sendable {
    case notANumber
    case missingUnit
    /// The unit is not one of the quantity's; the nearest that is, if any is near.
    case unknownUnit(String, nearest: String?)
    /// The value lies outside what its place allows.
    case outOfBounds(QuantityBounds)
    /// The value exceeds what can be represented.
    case tooLarge
  }

  /// The text as it was written.
  public let text: String
  /// The quantity expected, with its article: `a bandwidth`.
  public let expected: String
  /// The units a person may write, the preferred spelling of each.
  public let units: [String]
  /// What is wrong.
  public let reason: Reason

  /// An error about `text`, which should have been `expected` in one of `units`.
  public init(text: String, expected: String, units: [String], reason: Reason) {
    self.text = text
    self.expected = expected
    self.units = units
    self.reason = reason
  }

  /// One line: the text, the fault, and what to write instead.
  public var description: String {
    switch reason {
    case .notANumber:
      "\"\(text)\" is not \(expected): it does not start with a number; write \(form)"
    case .missingUnit:
      "\"\(text)\" is not \(expected): the unit is missing; write \(form)"
    case .unknownUnit(let unit, let nearest):
      "\"\(text)\" is not \(expected): unknown unit \"\(unit)\""
        + (nearest.map { " (did you mean \"\($0)\"?)" } ?? "") + "; write \(form)"
    case .outOfBounds(let bounds):
      "\"\(text)\" is not allowed: \(expected) \(bounds.rawValue) here"
    case .tooLarge:
      "\"\(text)\" is not allowed: \(expected) cannot be that large"
    }
  }

  private var form: String {
    "a number and one of " + units.map { $0.isEmpty ? "no unit" : $0 }.joined(separator: ", ")
  }
}

/// The values a quantity may take where it is used. Infinities and NaN are never among them.
public enum QuantityBounds: String, Hashable, Sendable {
  case notNegative = "must not be negative"
  case positive = "must be greater than zero"
  case fraction = "must lie between 0 and 1"
  case positiveFraction = "must be greater than 0 and at most 1"

  /// Whether a value is allowed.
  public func contains(_ value: Double) -> Bool {
    switch self {
    case .notNegative: value >= 0
    case .positive: value > 0
    case .fraction: value >= 0 && value <= 1
    case .positiveFraction: value > 0 && value <= 1
    }
  }
}
