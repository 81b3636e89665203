import Foundation
import Synchronization
import SystemCalls

/// A command that runs under a ``Guardian``: it ends when this process does, in whatever way.
package final class GuardedProcess: Sendable {
  /// This end of the pipe; -1 once it is closed.
  private let lifeline: Mutex<Int32>
  private let guardian: pid_t
  private let ended = Mutex<ProcessEnd?>(nil)

  /// All of this process that may still run, for an end in a hurry.
  private static let living = Mutex<[pid_t: GuardedProcess]>([:])

  /// Starts the guardian, which waits for ``start()``, so that what the command needs can be made under its eyes.
  ///
  /// - Throws: when no guardian can be started.
  package init(_ command: GuardedCommand) throws(SpawnFailure) {
    uniference_adopt_orphans()
    let pipe = try DescriptorPipe()
    lifeline = Mutex(pipe.writeEnd)
    var child = ChildProcess(words: command.guardianWords)
    child.environment = command.environment
    child.files = command.files
    child.files[GuardedCommand.lifeline] = pipe.readEnd
    child.inheritsInput = true
    child.hasOwnSession = command.hasOwnSession
    defer { close(pipe.readEnd) }
    do throws(SpawnFailure) { guardian = try child.start() } catch {
      close(pipe.writeEnd)
      throw error
    }
    Self.living.withLock { $0[guardian] = self }
  }

  deinit { closeLifeline() }

  /// Has the command started. If it cannot be, the guardian says so and ends with exit code 126 or 127, as a shell does.
  package func start() {
    lifeline.withLock { lifeline in
      if lifeline >= 0 { _ = writeAll([GuardedCommand.startByte], to: lifeline) }
    }
  }

  /// Whether neither the command nor its guardian has ended.
  package var isRunning: Bool { end == nil }

  /// How the command has ended, if it has: as its exit code tells it, 128 and the number for a signal.
  package var exitCode: Int32? { end?.exitCode }

  /// Waits for the command's end.
  ///
  /// - Returns: its exit code.
  @discardableResult
  package func wait() -> Int32 {
    while true {
      if let end { return end.exitCode }
      usleep(5000)
    }
  }

  /// Has the command get a signal, unless it has it already because all of this process's group has got it. SIGTERM and
  /// SIGHUP also end what it leaves behind, and make it end after a while; the second time, at once.
  package func pass(on signal: Int32) {
    lifeline.withLock { lifeline in
      if lifeline >= 0 { _ = writeAll([UInt8(truncatingIfNeeded: signal)], to: lifeline) }
    }
  }

  /// Ends the command and all that has come of it, and waits for that.
  package func endAll() {
    closeLifeline()
    wait()
  }

  /// Ends whatever this process has started, when there is no time for anything else.
  package static func endEverything() {
    let processes = living.withLock { Array($0.values) }
    for process in processes { process.closeLifeline() }
    for process in processes { process.wait() }
  }

  private var end: ProcessEnd? {
    ended.withLock { ended in
      if ended == nil, let end = ProcessEnd.ifEnded(guardian) {
        ended = end
        closeLifeline()
        _ = Self.living.withLock { $0.removeValue(forKey: guardian) }
        // Nobody has seen to what a guardian leaves behind that was killed itself.
        if end.signal != nil { ProcessTree.endDescendants(patience: .zero) }
      }
      return ended
    }
  }

  private func closeLifeline() {
    lifeline.withLock { lifeline in
      if lifeline >= 0 { close(lifeline) }
      lifeline = -1
    }
  }
}
