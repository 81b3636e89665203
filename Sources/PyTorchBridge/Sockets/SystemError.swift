import Foundation
import Inputs

/// Something that the operating system has refused.
public struct SystemError: Error, CustomStringConvertible, UserFacingError {
  /// One line: what it has refused, and why.
  public let description: String

  /// What was refused, with the reason that the system has just given.
  init(cannot action: String) { description = "cannot \(action): \(String(cString: strerror(errno)))" }

  /// `EX_IOERR`.
  package var exitCode: Int32 { EX_IOERR }
}
