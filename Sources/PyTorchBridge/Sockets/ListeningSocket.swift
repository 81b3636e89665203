import Foundation

/// Where a session's processes connect.
final class ListeningSocket: Sendable {
  private let descriptor: Int32

  init(path: String) throws {
    descriptor = socket(AF_UNIX, streamSocketType, 0)
    guard descriptor >= 0 else { throw SystemError(cannot: "make a socket") }
    var address = try SocketAddress(path: path)
    let descriptor = descriptor
    let former = umask(0o177)
    let isBound = address.withPointer { bind(descriptor, $0, $1) } == 0
    umask(former)
    guard isBound, listen(descriptor, 512) == 0 else { throw SystemError(cannot: "listen at \(path)") }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  deinit { close(descriptor) }

  /// Waits for the next connection, for a tenth of a second at most.
  func accept() -> Connection? {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&entry, 1, 100) > 0 else { return nil }
    let accepted = Foundation.accept(descriptor, nil, nil)
    guard accepted >= 0 else { return nil }
    _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
    return Connection(descriptor: accepted)
  }
}
