/// A communication that cannot be as it was asked for.
public struct CommunicationError: Error, Sendable, CustomStringConvertible {
  /// The primitive that was called.
  public let operation: String
  /// Where it was called.
  public let location: SourceLocation
  /// What is wrong with it, and what is allowed.
  public let reason: String

  package init(operation: String, location: SourceLocation, reason: String) {
    self.operation = operation
    self.location = location
    self.reason = reason
  }

  /// All of that in one line.
  public var description: String { "\(operation) at \(location): \(reason)" }
}
