import Foundation

/// The private folder in which a session's socket, token and shared memory live.
struct SessionFolder: Sendable {
  let path: String
  /// What every connection has to present first.
  let token: [UInt8]

  var socketPath: String { path + "/socket" }

  /// Makes the folder, readable by this user only, under a name that nobody can guess.
  init() throws {
    var generator = SystemRandomNumberGenerator()
    let name = "uniference-" + (0..<2).map { _ in String(generator.next(), radix: 16) }.joined()
    path = Self.sharedMemory + "/" + name
    token = (0..<Greeting.tokenLength).map { _ in UInt8.random(in: 0...255, using: &generator) }
    guard mkdir(path, 0o700) == 0 else { throw SystemError(cannot: "make the folder \(path)") }
    try write(token, to: "token")
  }

  /// The folder named by `UNIFERENCE_SHARED_MEMORY`, else memory where the system offers it as a folder.
  private static var sharedMemory: String {
    if let chosen = ProcessInfo.processInfo.environment["UNIFERENCE_SHARED_MEMORY"] { return chosen }
    return access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : NSTemporaryDirectory().trimmingSuffix("/")
  }

  /// Writes a new file that only this user may read.
  func write(_ bytes: [UInt8], to name: String) throws {
    let file = "\(path)/\(name)"
    let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw SystemError(cannot: "make \(file)") }
    defer { close(descriptor) }
    let written = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
    guard written == bytes.count else { throw SystemError(cannot: "write to \(file)") }
  }

  /// Removes the folder with all that is in it.
  func remove() { try? FileManager.default.removeItem(atPath: path) }
}

extension String {
  fileprivate func trimmingSuffix(_ suffix: String) -> String {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
  }
}
