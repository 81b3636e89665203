import ArgumentParser
import Foundation
import Inputs

/// What to tell of an error, with the exit code of BSD's `sysexits.h`.
struct LibraryFailure {
  let message: String
  let exitCode: Int32

  init(_ error: any Error) {
    message = "\(error)"
    exitCode =
      switch error {
      case is ValidationError, is UsageError: EX_USAGE
      case let failure as any UserFacingError: failure.exitCode
      default: EX_DATAERR
      }
  }
}
