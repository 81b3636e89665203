import Foundation

/// A file written from start to end without buffering, whose every failure is an error that names the path.
package final class OutputFile {
  package let path: String
  private var descriptor: Int32
  /// How long a named pipe may be without a process that reads it.
  private static let patience = Duration.seconds(2)

  /// Opens `path` for writing, empty.
  package init(path: String) throws(FileError) {
    self.path = path
    let deadline = ContinuousClock.now + OutputFile.patience
    // Without waiting: opening a named pipe that nobody reads would wait for ever. It fails instead, by ENXIO.
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, 0o666)
    while descriptor < 0, errno == ENXIO, OutputFile.isPipe(path) {
      guard ContinuousClock.now < deadline else {
        throw FileError(operation: "write", path: path, reason: "it is a pipe that no process reads")
      }
      usleep(20_000)
      descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK)
    }
    if descriptor < 0 { throw FileError(errnoOf: "create", path: path) }
    let flags = fcntl(descriptor, F_GETFL)
    if flags >= 0 { _ = fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK) }
  }

  private static func isPipe(_ path: String) -> Bool {
    let before = errno
    defer { errno = before }
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
  }

  deinit {
    if descriptor >= 0 { _ = Foundation.close(descriptor) }
  }

  package func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    var rest = bytes
    while let start = rest.baseAddress, rest.count > 0 {
      let written = Foundation.write(descriptor, start, rest.count)
      if written < 0 {
        if errno == EINTR { continue }
        throw FileError(errnoOf: "write", path: path)
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[written...])
    }
  }

  package func write(_ bytes: [UInt8]) throws(FileError) {
    var failure: FileError?
    bytes.withUnsafeBytes { buffer in
      do throws(FileError) { try write(buffer) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Hands everything to the disk and closes. Devices and pipes, which cannot be synchronised, are only closed.
  package func close() throws(FileError) {
    guard descriptor >= 0 else { return }
    let closing = descriptor
    descriptor = -1
    let failed = fsync(closing) != 0 && errno != EINVAL && errno != ENOTSUP && errno != EROFS
    let failure = failed ? FileError(errnoOf: "write", path: path) : nil
    guard Foundation.close(closing) == 0 else { throw failure ?? FileError(errnoOf: "close", path: path) }
    if let failure { throw failure }
  }
}
