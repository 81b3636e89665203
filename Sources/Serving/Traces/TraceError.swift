import Inputs

/// What is wrong with a trace.
public struct TraceError: Error, Hashable, Sendable, CustomStringConvertible, UserFacingError {
  /// The trace.
  public let file: String
  /// The line, from 1; `nil` for the trace as a whole.
  public let line: Int?
  /// The field; `nil` for a line as a whole.
  public let field: String?
  /// What is wrong and what is allowed.
  public let rule: String

  init(file: String, line: Int?, field: String?, _ rule: String) {
    self.file = file
    self.line = line
    self.field = field
    self.rule = rule
  }

  /// One line: `trace.csv:17: ContextTokens: "abc" is not a whole number of at least 1`.
  public var description: String {
    let place = [file] + (line.map { ["\($0)"] } ?? [])
    return "\(place.joined(separator: ":")): \(field.map { "\($0): " } ?? "")\(rule)".printableLine
  }
}
