import Foundation
import Synchronization

/// Hears of the signals by which somebody asks this program to end, instead of being ended by them: Ctrl-C, `kill`, and the
/// end of the terminal (unless the program was started under `nohup`).
package final class EndingSignals: Sendable {
  /// Those signals.
  package static let numbers = [SIGINT, SIGTERM, SIGHUP]

  private static let listeners = Mutex<[ObjectIdentifier: @Sendable (Int32) -> Void]>([:])
  private static let hasReader = Atomic<Bool>(false)

  private let others: [Int32]

  /// - Parameters:
  ///   - others: signals to hear of besides.
  ///   - heard: called with each signal's number, on a thread of its own, until ``stop()``.
  package init(and others: [Int32] = [], _ heard: @escaping @Sendable (Int32) -> Void) {
    self.others = others
    Self.listeners.withLock { $0[ObjectIdentifier(self)] = heard }
    guard let source = try? SignalBytes.catching(Self.caught + others) else { return }
    if !Self.hasReader.exchange(true, ordering: .acquiringAndReleasing) { Self.read(from: source) }
  }

  deinit { stop() }

  /// Hears no more. The last one who stops has signals end the program again.
  package func stop() {
    let isLast = Self.listeners.withLock { $0.removeValue(forKey: ObjectIdentifier(self)) != nil && $0.isEmpty }
    if isLast { SignalBytes.release(Self.caught + others) }
  }

  /// Ends this program by a signal, so that whoever has started it sees which.
  package static func end(by number: Int32) {
    SignalBytes.release([number])
    // Threads of Swift's pool block nearly all signals.
    var blocked = sigset_t()
    sigemptyset(&blocked)
    sigaddset(&blocked, number)
    pthread_sigmask(SIG_UNBLOCK, &blocked, nil)
    raise(number)
  }

  private static var caught: [Int32] { numbers.filter { $0 != SIGHUP || !InheritedSignals.ignored.contains($0) } }

  private static func read(from source: Int32) {
    let thread = Thread {
      // Others may block everything; this thread is there to be interrupted.
      var signals = sigset_t()
      sigemptyset(&signals)
      for number in numbers { sigaddset(&signals, number) }
      pthread_sigmask(SIG_UNBLOCK, &signals, nil)
      while true {
        var entry = pollfd(fd: source, events: Int16(POLLIN), revents: 0)
        var byte: UInt8 = 0
        guard poll(&entry, 1, -1) > 0, Foundation.read(source, &byte, 1) == 1 else { continue }
        let heard = listeners.withLock { Array($0.values) }
        heard.forEach { $0(Int32(byte)) }
      }
    }
    thread.name = "signals"
    thread.start()
  }
}
