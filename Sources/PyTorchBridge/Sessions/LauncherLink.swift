import Foundation

/// The connection to the process that has imported torch and forks the ranks.
///
/// Sendable without checks because one thread at a time uses it: first the one that starts the ranks, then the engine's.
final class LauncherLink: @unchecked Sendable {
  let connection: Connection
  /// Torch's version in the Python environment.
  let torchVersion: String
  private(set) var pids: [Int: Int32] = [:]
  /// How ranks' processes have ended: an exit code, or a signal's number with a minus.
  private(set) var exitStatuses: [Int: Int32] = [:]
  /// Why what ranks print cannot be passed on any more, if it cannot.
  private(set) var lostOutput: String?

  init(connection: Connection, torchVersion: String) {
    self.connection = connection
    self.torchVersion = torchVersion
  }

  func start() { connection.send(FrameWriter(.start).finished()) }

  /// Ends the ranks that are still there.
  func terminate(signal: Int32) {
    var frame = FrameWriter(.terminate)
    frame.integer(signal)
    connection.send(frame.finished())
  }

  /// Has a line shown on the terminal, in the place of the one before. Between them, what ranks print is shown.
  func show(progress line: String) {
    var frame = FrameWriter(.progress)
    frame.string(line)
    connection.send(frame.finished())
  }

  /// Takes in what the launcher has said, without waiting.
  func takeIn() {
    connection.receive()
    while let bytes = try? connection.nextFrame(), let frame = try? RankFrame(bytes) {
      switch frame {
      case .started(let rank, let pid): pids[rank] = pid
      case .exited(let rank, let status): exitStatuses[rank] = status
      case .outputLost(let how): lostOutput = lostOutput ?? how
      default: break
      }
    }
  }

  /// Takes in what the launcher says until a condition holds, the launcher is gone, or patience ends.
  func takeIn(until isSatisfied: () -> Bool, patience: Duration) {
    let start = ContinuousClock.now
    while !isSatisfied(), ContinuousClock.now - start < patience {
      // A closed connection has nothing more to say, but what is waited for may be the process's end.
      if connection.isClosed { usleep(2000) }
      var entry = pollfd(fd: connection.descriptor, events: Int16(POLLIN), revents: 0)
      if poll(&entry, 1, 20) > 0 { takeIn() }
    }
  }
}
