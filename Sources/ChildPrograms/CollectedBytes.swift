import Foundation
import Synchronization

/// What a thread has read, for another one to ask for once there is no more.
final class CollectedBytes: Sendable {
  private let state = Mutex<Data?>(nil)
  private let end = DispatchSemaphore(value: 0)

  /// Reads to the end.
  func fill(from handle: FileHandle) {
    let data = handle.readDataToEndOfFile()
    state.withLock { $0 = data }
    end.signal()
  }

  /// All that was read. Waits for the end.
  var text: String {
    end.wait()
    end.signal()
    return state.withLock { String(decoding: $0 ?? Data(), as: UTF8.self) }
  }
}
