import ArgumentParser
import Foundation
import LibTorch
import Models
import Results
import Uniference

/// What to tell of an error, with the exit code of BSD's `sysexits.h`.
struct LibraryFailure {
  let message: String
  let exitCode: Int32

  init(_ error: any Error) {
    message = "\(error)"
    exitCode =
      switch error {
      case is ValidationError, is UsageError: EX_USAGE
      case let failure as RunFailure:
        failure.interruption?.exitCode ?? (failure.outOfMemory == nil ? EX_SOFTWARE : EX_DATAERR)
      case is FileError, is RunRecordError: EX_IOERR
      default: EX_DATAERR
      }
  }
}
