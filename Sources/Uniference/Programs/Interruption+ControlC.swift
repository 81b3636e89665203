import Dispatch
import Foundation
import SimulationKernel

extension Interruption {
  /// Does something that the first Ctrl-C ends in good order and the second one at once.
  package static func byControlC<Result>(_ body: (Interruption) throws -> Result) rethrows -> Result {
    let interruption = Interruption()
    let former = signal(SIGINT, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
    source.setEventHandler {
      if interruption.isRequested { exit(130) }
      interruption.request()
    }
    source.resume()
    defer {
      source.cancel()
      signal(SIGINT, former)
    }
    return try body(interruption)
  }
}
