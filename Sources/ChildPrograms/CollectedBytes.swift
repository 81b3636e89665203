import Foundation
import Synchronization

/// What a thread has read, for another one to ask for once there is no more.
final class CollectedBytes: Sendable {
  private let state = Mutex<[UInt8]>([])
  private let end = DispatchSemaphore(value: 0)

  /// Reads to the end, and closes the descriptor.
  func fill(from descriptor: Int32) {
    var (bytes, chunk) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 16))
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      bytes += chunk[..<count]
    }
    close(descriptor)
    state.withLock { [bytes] in $0 = bytes }
    end.signal()
  }

  /// All that was read. Waits for the end.
  var text: String {
    end.wait()
    end.signal()
    return state.withLock { String(decoding: $0, as: UTF8.self) }
  }
}
