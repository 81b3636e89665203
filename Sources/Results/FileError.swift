import Foundation
import Inputs

/// The system refused an operation on a file or folder.
public struct FileError: Error, Hashable, Sendable, CustomStringConvertible, UserFacingError {
  /// What was tried: `write`, `create`, `read`, ...
  public let operation: String
  /// The file or folder.
  public let path: String
  /// What the system said, such as `No space left on device`.
  public let reason: String

  /// See the properties.
  public init(operation: String, path: String, reason: String) {
    self.operation = operation
    self.path = path
    self.reason = reason
  }

  /// The error that `errno` holds; call it right after the call that failed.
  package init(errnoOf operation: String, path: String) {
    self.init(operation: operation, path: path, reason: String(cString: strerror(errno)))
  }

  /// Foundation wraps the system's error in one of its own, whose text names no reason.
  package init(_ error: any Error, operation: String, path: String) {
    let outer = error as NSError
    let inner = (outer.userInfo[NSUnderlyingErrorKey] as? any Error).map { $0 as NSError } ?? outer
    let reason =
      inner.domain == NSPOSIXErrorDomain ? String(cString: strerror(Int32(inner.code))) : outer.localizedDescription
    self.init(operation: operation, path: path, reason: reason)
  }

  /// One line: what was tried, on what, and why it failed.
  public var description: String { "cannot \(operation) '\(path)': \(reason)".printable }

  /// `EX_IOERR`.
  package var exitCode: Int32 { EX_IOERR }
}
