import Inputs

/// A text that is not the quantity it should be.
public struct QuantityError: Error, Hashable, Sendable, CustomStringConvertible, UserFacingError {
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
    /// A duration that ends after virtual time does.
    case tooLong
  }

  /// The text as it was written, the end of a long one cut off.
  public let text: String
  /// The quantity expected, with its article: `a bandwidth`.
  public let expected: String
  /// The units a person may write, the preferred spelling of each.
  public let units: [String]
  /// What is wrong.
  public let reason: Reason

  /// An error about `text`, which should have been `expected` in one of `units`.
  public init(text: String, expected: String, units: [String], reason: Reason) {
    self.text = quotable(text)
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
      "\"\(text)\" is not allowed: \(expected) \(bounds.rule) here"
    case .tooLong:
      "\"\(text)\" is not allowed: it is longer than virtual time can tell, 106 days"
    case .tooLarge:
      "\"\(text)\" is not allowed: \(expected) cannot be that large"
    }
  }

  private var form: String {
    "a number and one of " + units.map { $0.isEmpty ? "no unit" : $0 }.joined(separator: ", ")
  }
}
