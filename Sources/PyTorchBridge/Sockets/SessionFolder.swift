import Foundation

/// The private folder in which a session's socket, token and shared memory live.
///
/// It is locked for as long as its engine lives, by which the next engine recognises what has been left by a dead one.
struct SessionFolder: Sendable {
  let path: String
  /// What every connection has to present first.
  let token: [UInt8]
  private let lock: Int32

  var socketPath: String { path + "/socket" }

  private static let prefix = "uniference-"

  /// A place for a folder, under a name that nobody can guess; nothing is made yet.
  static func newPath() -> String {
    var generator = SystemRandomNumberGenerator()
    let secret = String(generator.next() as UInt64, radix: 16) + String(generator.next() as UInt32, radix: 16)
    return SharedMemory.folder + "/\(prefix)\(getpid())-\(secret)"
  }

  /// Makes the folder, readable by this user only. Removes those of dead engines.
  init(path: String = SessionFolder.newPath()) throws {
    self.path = path
    Self.removeAbandoned(in: SharedMemory.folder)
    var generator = SystemRandomNumberGenerator()
    token = (0..<Greeting.tokenLength).map { _ in UInt8.random(in: 0...255, using: &generator) }
    guard mkdir(path, 0o700) == 0 else { throw SystemError(cannot: "make the folder \(path)") }
    lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    // Where the file system knows no locks, nothing is recognised as abandoned either.
    _ = flock(lock, LOCK_EX | LOCK_NB)
    do { try write(token, to: "token") } catch {
      remove()
      throw error
    }
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
  func remove() {
    try? FileManager.default.removeItem(atPath: path)
    if lock >= 0 { close(lock) }
  }

  /// Removes the folders of this user's engines that were killed together with everybody who would have done so.
  private static func removeAbandoned(in memory: String) {
    let files = FileManager.default
    let names = (try? files.contentsOfDirectory(atPath: memory)) ?? []
    for name in names where name.hasPrefix(prefix) && name.dropFirst(prefix.count).contains("-") {
      let folder = open("\(memory)/\(name)", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      guard folder >= 0 else { continue }
      defer { close(folder) }
      guard flock(folder, LOCK_EX | LOCK_NB) == 0 else { continue }
      // An empty one may have been made just now, by somebody who has yet to lock it.
      var about = stat()
      let isEmpty = (try? files.contentsOfDirectory(atPath: "\(memory)/\(name)"))?.isEmpty ?? true
      guard !isEmpty || (fstat(folder, &about) == 0 && about.age > .seconds(60)) else { continue }
      try? files.removeItem(atPath: "\(memory)/\(name)")
    }
  }
}

extension stat {
  /// How long ago it was last changed.
  fileprivate var age: Duration {
    #if canImport(Darwin)
      let changed = st_mtimespec
    #else
      let changed = st_mtim
    #endif
    return .seconds(time(nil) - changed.tv_sec)
  }
}
