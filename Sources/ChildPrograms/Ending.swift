import Foundation
import Synchronization

/// Ends what this program has started when it is told to end itself.
///
/// Ctrl-C reaches children without this, as a terminal signals all processes of a command. `kill`, a closed connection and
/// a job's time limit tell this process alone, whose children would otherwise go on for as long as they like.
enum Ending {
  private static let signals = [SIGINT, SIGTERM, SIGHUP]

  /// Does something while children run. A signal to end is passed on as SIGTERM, and takes effect here once `body` has
  /// ended, which is when the children have.
  static func forwarded<Result>(to children: [Process], _ body: () -> Result) -> Result {
    let received = Received()
    let registered = DispatchSemaphore(value: 0)
    let sources = signals.map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        received.note(number)
        for child in children where child.isRunning { child.terminate() }
      }
      source.setRegistrationHandler { registered.signal() }
      source.resume()
      registered.wait()
      return source
    }
    let result = body()
    for (number, source) in zip(signals, sources) {
      source.cancel()
      signal(number, SIG_DFL)
    }
    if let number = received.first { end(by: number) }
    return result
  }

  private static func end(by number: Int32) {
    // Where signal sources read signals from a descriptor, as on Linux, they have blocked them.
    var blocked = sigset_t()
    sigemptyset(&blocked)
    sigaddset(&blocked, number)
    pthread_sigmask(SIG_UNBLOCK, &blocked, nil)
    raise(number)
  }

  private final class Received: Sendable {
    private let number = Mutex<Int32?>(nil)

    var first: Int32? { number.withLock { $0 } }

    func note(_ signal: Int32) { number.withLock { $0 = $0 ?? signal } }
  }
}
