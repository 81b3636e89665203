import Inputs

/// Why libtorch is not there, or what it said.
public struct TorchError: Error, CustomStringConvertible, Hashable, Sendable, QuotingError {
  /// One line.
  public let description: String

  init(_ description: String) { self.description = description }
}
