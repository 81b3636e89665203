/// How the contributions of a group's members are combined, element by element.
public enum ReductionOperator: String, CaseIterable, Sendable, Codable {
  case sum
  case product
  case minimum
  case maximum
  /// The sum divided by the number of members.
  case average
  /// Bit by bit, of integers and truth values.
  case bitwiseAnd
  case bitwiseOr
  case bitwiseExclusiveOr
}
