import Foundation
import Synchronization

/// Signals as bytes that can be read, each the number of one that has come, so that one `poll` waits for all.
package enum SignalBytes {
  private static let pipe = Mutex<DescriptorPipe?>(nil)

  /// Has signals come as bytes from now on, instead of what they did.
  ///
  /// - Returns: the descriptor to read from, the same one on every call.
  package static func catching(_ numbers: [Int32]) throws(SpawnFailure) -> Int32 {
    _ = InheritedSignals.ignored
    let made = try opened()
    writeEnd = made.writeEnd
    for number in numbers {
      var action = sigaction()
      #if canImport(Darwin)
        action.__sigaction_u.__sa_handler = write(_:)
      #else
        action.__sigaction_handler.sa_handler = write(_:)
      #endif
      action.sa_flags = Int32(bitPattern: UInt32(truncatingIfNeeded: SA_RESTART))
      sigaction(number, &action, nil)
    }
    return made.readEnd
  }

  /// Has signals do again what they did when the program was started.
  package static func release(_ numbers: [Int32]) {
    for number in numbers { signal(number, InheritedSignals.ignored.contains(number) ? SIG_IGN : SIG_DFL) }
  }

  private static func opened() throws(SpawnFailure) -> DescriptorPipe {
    if let known = pipe.withLock({ $0 }) { return known }
    let made = try DescriptorPipe()
    for end in [made.readEnd, made.writeEnd] { _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK) }
    return pipe.withLock { pipe in
      pipe = pipe ?? made
      return pipe ?? made
    }
  }
}

/// Where the handler writes. It is set before any signal is handled, and afterwards to the same number only.
nonisolated(unsafe) private var writeEnd: Int32 = -1

/// The handler: does what a handler may.
private func write(_ number: Int32) {
  let former = errno
  var byte = UInt8(truncatingIfNeeded: number)
  _ = Foundation.write(writeEnd, &byte, 1)
  errno = former
}
