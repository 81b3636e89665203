import Foundation

/// Where the processes of a session share memory.
public enum SharedMemory {
  /// The folder named by `UNIFERENCE_SHARED_MEMORY`, else memory where the system offers it as a folder.
  public static var folder: String {
    if let chosen = ProcessInfo.processInfo.environment["UNIFERENCE_SHARED_MEMORY"] { return chosen }
    return access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : NSTemporaryDirectory().trimmingSuffix("/")
  }
}

extension String {
  fileprivate func trimmingSuffix(_ suffix: String) -> String {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
  }
}
