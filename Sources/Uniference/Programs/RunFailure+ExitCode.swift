import Foundation
import Inputs
import SimulationKernel

extension RunFailure: QuotingError {
  /// What ended the run decides: the user, a cluster or workload that is too small or too slow, or an error of a rank's
  /// program, which may be wrong input. Anything else is a fault of the program.
  package var exitCode: Int32 {
    if let interruption { return interruption.exitCode }
    if outOfMemory != nil || isTimeExceeded { return EX_DATAERR }
    return (programError as? any UserFacingError)?.exitCode ?? EX_SOFTWARE
  }
}

extension Interruption.Reason {
  /// What a program exits with whose run has ended for this reason: as a shell tells of a program that a signal has ended,
  /// or BSD's `EX_IOERR`.
  package var exitCode: Int32 {
    switch self {
    case .request: 128 + SIGINT
    case .signal(let number): 128 + number
    case .lostOutput: EX_IOERR
    }
  }
}
