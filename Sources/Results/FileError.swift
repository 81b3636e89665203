import Foundation

/// The system refused an operation on a file or folder.
public struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was tried: `write`, `create`, `read`, ...
  public let operation: String
  public let path: String
  /// What the system said, such as `No space left on device`.
  public let reason: String

  public init(operation: String, path: String, reason: String) {
    self.operation = operation
    self.path = path
    self.reason = reason
  }

  /// The error that `errno` holds; call it right after the call that failed.
  package init(errnoOf operation: String, path: String) {
    self.init(operation: operation, path: path, reason: String(cString: strerror(errno)))
  }

  /// Foundation wraps the system's error once or twice; the innermost one is the plainest.
  package init(_ error: any Error, operation: String, path: String) {
    let outer = error as NSError
    let inner = outer.userInfo[NSUnderlyingErrorKey] as? NSError ?? outer
    let reason =
      inner.domain == NSPOSIXErrorDomain ? String(cString: strerror(Int32(inner.code))) : outer.localizedDescription
    self.init(operation: operation, path: path, reason: reason)
  }

  public var description: String { "cannot \(operation) '\(path)': \(reason)" }
}
