import Foundation
import Synchronization

/// Accepts a session's connections on a thread of its own, and refuses those that are not the session's.
final class Greeter: Sendable {
  private let socket: ListeningSocket
  private let token: [UInt8]
  private let receive: @Sendable (Connection, Greeting) -> Void
  private let isStopped = Atomic<Bool>(false)

  /// How long a connection may take to present its token.
  private static let patience = Duration.seconds(2)

  /// - Parameter receive: called on the greeter's thread with each connection that belongs to the session.
  init(folder: SessionFolder, receive: @escaping @Sendable (Connection, Greeting) -> Void) throws {
    socket = try ListeningSocket(path: folder.socketPath)
    token = folder.token
    self.receive = receive
    let thread = Thread { [self] in greet() }
    thread.name = "greeter"
    thread.start()
  }

  /// Accepts no more connections.
  func stop() { isStopped.store(true, ordering: .releasing) }

  private func greet() {
    while !isStopped.load(ordering: .acquiring) {
      guard let connection = socket.accept() else { continue }
      guard let greeting = greeting(on: connection), isAcceptable(greeting) else {
        connection.shutDown()
        continue
      }
      receive(connection, greeting)
    }
  }

  private func greeting(on connection: Connection) -> Greeting? {
    let deadline = ContinuousClock.now + Self.patience
    while ContinuousClock.now < deadline, !connection.isClosed {
      var entry = pollfd(fd: connection.descriptor, events: Int16(POLLIN), revents: 0)
      if poll(&entry, 1, 50) > 0 { connection.receive() }
      do throws(ProtocolError) {
        guard let bytes = try connection.nextFrame() else { continue }
        guard case .hello(let greeting) = try RankFrame(bytes) else { return nil }
        return greeting
      } catch { return nil }
    }
    return nil
  }

  /// Compares the whole token whatever its beginning, so that the time taken tells nothing.
  private func isAcceptable(_ greeting: Greeting) -> Bool {
    guard greeting.version == Greeting.protocolVersion, greeting.token.count == token.count else { return false }
    return zip(greeting.token, token).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
