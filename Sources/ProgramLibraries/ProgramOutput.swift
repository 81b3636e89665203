import Foundation
import Results
import SystemCalls

/// What the program in a library has printed.
enum ProgramOutput {
  /// Hands all of it on.
  ///
  /// - Throws: when any of it was lost, at whichever time.
  static func flush() throws(FileError) {
    let failure = uniference_flush_output()
    if failure != 0 {
      throw FileError(operation: "write", path: "standard output", reason: String(cString: strerror(failure)))
    }
  }
}
