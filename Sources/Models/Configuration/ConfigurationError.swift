import Inputs

/// A field of a model configuration that cannot be used.
public struct ConfigurationError: Error, CustomStringConvertible, Hashable, Sendable, UserFacingError {
  /// The file it was read from, or the model's name.
  public let file: String
  /// The field at fault; `nil` when the file as a whole is.
  public let field: String?
  /// The value found, as JSON; `nil` when there is none.
  public let value: String?
  /// What is allowed.
  public let rule: String

  init(file: String, field: String? = nil, value: String? = nil, rule: String) {
    self.file = file
    self.field = field
    self.value = value
    self.rule = rule
  }

  /// `config.json: vocab_size = 0: it must be a positive integer`.
  public var description: String {
    guard let field else { return "\(file): \(rule)".printable }
    guard let value else { return "\(file): \(field) is missing: \(rule)".printable }
    return "\(file): \(field) = \(value): \(rule)".printable
  }
}
