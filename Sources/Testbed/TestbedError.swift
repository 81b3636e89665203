import Foundation
import Inputs

/// Why a testbed cannot be made or used: one line that says what is missing and what to do.
public struct TestbedError: Error, Hashable, Sendable, CustomStringConvertible, QuotingError {
  /// Whose fault it is.
  public enum Kind: Hashable, Sendable {
    /// What was asked for is not possible.
    case request
    /// This machine lacks something.
    case machine
  }

  /// Whose fault it is.
  public let kind: Kind
  /// The line.
  public let description: String

  /// - Parameters:
  ///   - kind: whose fault it is.
  ///   - description: the line.
  public init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }

  /// A usage error, or something that this machine lacks.
  package var exitCode: Int32 { kind == .request ? EX_USAGE : EX_UNAVAILABLE }
}
