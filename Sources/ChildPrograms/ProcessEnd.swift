import Foundation

/// How a process has ended.
package struct ProcessEnd: Hashable, Sendable {
  /// As `waitpid` tells it.
  package let status: Int32

  /// What `waitpid` has told.
  package init(status: Int32) { self.status = status }

  /// Waits for a process.
  package static func of(_ process: pid_t) -> ProcessEnd {
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 && errno == EINTR {}
    return ProcessEnd(status: status)
  }

  /// How a child has ended, if it has; never waits. One that somebody else has waited for counts as killed.
  package static func ifEnded(_ process: pid_t) -> ProcessEnd? {
    var status: Int32 = 0
    let ended = waitpid(process, &status, WNOHANG)
    if ended < 0 && errno == ECHILD { return ProcessEnd(status: SIGKILL) }
    return ended == process ? ProcessEnd(status: status) : nil
  }

  /// The signal that has ended it.
  package var signal: Int32? { status & 0x7f == 0 ? nil : status & 0x7f }

  /// As a shell tells it: 128 and the number for a signal.
  package var exitCode: Int32 { signal.map { 128 + $0 } ?? (status >> 8) & 0xff }

  /// `exited with code 3`, `was ended by signal 9 (Killed)`.
  package var description: String {
    guard let signal else { return "exited with code \(exitCode)" }
    return "was ended by signal \(signal) (\(String(cString: strsignal(signal))))"
  }
}
