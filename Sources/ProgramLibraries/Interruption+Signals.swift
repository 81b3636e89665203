import ChildPrograms
import Foundation
import SimulationKernel
import Uniference

extension Interruption {
  /// Does something that the first Ctrl-C, `kill` or end of the terminal ends in good order, and the second one at once.
  ///
  /// - Parameter andLostOutput: whether it is also ended when nobody reads any more what this process prints.
  package static func bySignals<Result>(
    andLostOutput: Bool = false, _ body: (Interruption) throws -> Result
  ) rethrows -> Result {
    let interruption = Interruption()
    let signals = EndingSignals(and: andLostOutput ? [SIGPIPE] : []) { number in
      if number == SIGPIPE {
        return interruption.request(.lostOutput("cannot write standard output: \(String(cString: strerror(EPIPE)))"))
      }
      if interruption.isRequested {
        GuardedProcess.endEverything()
        exit(interruption.reason?.exitCode ?? 128 + number)
      }
      interruption.request(.signal(number))
    }
    defer { signals.stop() }
    return try body(interruption)
  }
}
