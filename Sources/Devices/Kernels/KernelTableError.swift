import Inputs

/// A file of kernel tables that cannot be used.
public struct KernelTableError: Error, Hashable, Sendable, CustomStringConvertible, UserFacingError {
  /// One line: the file, what is wrong, what to do.
  public let description: String

  init(_ path: String, _ reason: String) { description = "\(path): \(reason)".printable }

  /// A file that cannot be read.
  init(_ error: InputFileError) { description = error.description }
}
