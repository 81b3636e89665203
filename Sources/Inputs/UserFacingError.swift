import Foundation

/// An error that a user is told of: what is wrong, and with which code of BSD's `sysexits.h` a command leaves.
///
/// Each module says of its own errors what they are, so that commands need not know them. Other errors are faults of the
/// program itself.
package protocol UserFacingError: Error, CustomStringConvertible {
  /// `EX_DATAERR` for what is wrong with the input, unless the error says otherwise.
  var exitCode: Int32 { get }
  /// What to tell: the description in one line, even where a path or a name in it has a line break.
  var userMessage: String { get }
}

extension UserFacingError {
  package var exitCode: Int32 { EX_DATAERR }
  package var userMessage: String { description.printableLine }
}

/// An error that is told as it is described, in as many lines as that has: it may quote another program or library, or
/// have a line for each rank.
package protocol QuotingError: UserFacingError {}

extension QuotingError {
  package var userMessage: String { description }
}
