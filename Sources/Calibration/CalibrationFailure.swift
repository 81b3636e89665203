import Inputs

/// Why a cluster could not be measured, or nothing can be fitted to what was measured.
public struct CalibrationFailure: Error, CustomStringConvertible, Hashable, Sendable, QuotingError {
  /// One line.
  public let description: String

  /// A reason in one line: what is wrong, the value, what is allowed, what to do.
  public init(_ description: String) { self.description = description }
}
