import Foundation

/// A socket to another process, over which frames travel.
///
/// Sendable without checks because it is handed from the thread that accepts it to the one that uses it, never shared.
final class Connection: @unchecked Sendable {
  let descriptor: Int32
  /// Whether the other side has closed it.
  private(set) var isClosed = false
  private var received: [UInt8] = []
  private var position = 0
  private var chunk = [UInt8](repeating: 0, count: 1 << 16)

  /// The longest frame that is accepted; values do not travel in frames, so none comes near it.
  private static let longestFrame = 1 << 26

  init(descriptor: Int32) {
    self.descriptor = descriptor
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    #if canImport(Darwin)
      var on: Int32 = 1
      setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &on, socklen_t(MemoryLayout<Int32>.size))
    #endif
  }

  deinit { close(descriptor) }

  /// Ends the connection in both directions; the other side finds out at once.
  func shutDown() {
    shutdown(descriptor, Int32(SHUT_RDWR))
    isClosed = true
  }

  /// Takes in what has arrived, without waiting.
  func receive() {
    while !isClosed {
      let count = read(descriptor, &chunk, chunk.count)
      if count > 0 {
        received.append(contentsOf: chunk[..<count])
        if count < chunk.count { return }
      } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
        isClosed = true
      } else if errno == EAGAIN {
        return
      }
    }
  }

  /// The next whole frame that has arrived, without its length.
  func nextFrame() throws(ProtocolError) -> ArraySlice<UInt8>? {
    guard received.count - position >= 4 else { return compact() }
    let length = received[position..<position + 4].withUnsafeBytes {
      Int(UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self)))
    }
    guard length >= 1, length <= Self.longestFrame else { throw ProtocolError("a frame of \(length) bytes") }
    let start = position + 4
    guard received.count - start >= length else { return compact() }
    position = start + length
    return received[start..<position]
  }

  /// Forgets the frames that have been taken.
  private func compact() -> ArraySlice<UInt8>? {
    if position > 0 { received.removeFirst(position) }
    position = 0
    return nil
  }

  /// Sends a frame, waiting until the other side has room for it. Does nothing when it is gone.
  func send(_ frame: [UInt8]) {
    var sent = 0
    while sent < frame.count, !isClosed {
      let count = frame.withUnsafeBytes { bytes in
        Foundation.send(descriptor, bytes.baseAddress.map { $0 + sent }, bytes.count - sent, sendFlags)
      }
      if count >= 0 {
        sent += count
      } else if errno == EAGAIN {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&entry, 1, 100)
      } else if errno != EINTR {
        isClosed = true
      }
    }
  }
}

/// A peer that is gone is an error, not a signal.
private var sendFlags: Int32 {
  #if canImport(Darwin)
    0
  #else
    Int32(MSG_NOSIGNAL)
  #endif
}
