import Foundation

/// A file that a person has named: a cluster, a configuration, a record's manifest.
///
/// It is read up to a limit, so that a wrong path (a disk, a device without end) does not fill the memory. Pipes are read,
/// too: `uniference simulate <(generate)`. One that no process opens for writing is given up after some seconds.
public enum InputFile {
  /// How long a named pipe may be without a process that writes to it.
  private static let patience = Duration.seconds(2)

  /// The contents of a file.
  ///
  /// - Parameter limit: the most bytes that such a file can sensibly have.
  /// - Throws: ``InputFileError`` with what the system says, or that the file is larger.
  public static func contents(of path: String, atMost limit: Int) throws(InputFileError) -> Data {
    // Without waiting: opening a named pipe that nobody writes to would wait for ever.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw InputFileError(path, errno: errno) }
    defer { close(descriptor) }
    let deadline = isPipe(descriptor) ? ContinuousClock.now + patience : nil
    if deadline == nil { waitInReads(of: descriptor) }
    var contents = Data()
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(descriptor, &piece, piece.count)
      if count > 0 {
        contents.append(contentsOf: piece[..<count])
        guard contents.count <= limit else {
          throw InputFileError(path, "it has more than \(limit) bytes, which is too much for what it should be")
        }
      } else if count == 0 {
        guard contents.isEmpty, let deadline else { return contents }
        guard ContinuousClock.now < deadline else {
          throw InputFileError(path, "it is a pipe that no process writes to")
        }
        usleep(20_000)
      } else if errno == EAGAIN {
        // There is a writer, which has not written yet.
        waitInReads(of: descriptor)
      } else if errno != EINTR {
        throw InputFileError(path, errno: errno)
      }
    }
  }

  private static func isPipe(_ descriptor: Int32) -> Bool {
    var status = stat()
    return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
  }

  private static func waitInReads(of descriptor: Int32) {
    let flags = fcntl(descriptor, F_GETFL)
    if flags >= 0 { _ = fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK) }
  }

  /// The contents of a file that need not be there: `nil` where it is not, cannot be read, or is larger than the limit.
  public static func optionalContents(of path: String, atMost limit: Int) -> Data? {
    try? contents(of: path, atMost: limit)
  }
}

/// A file that cannot be read.
public struct InputFileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The path as it was given.
  public let path: String
  /// What is wrong: what the system says, or that the file is too large.
  public let reason: String

  init(_ path: String, _ reason: String) {
    self.path = path
    self.reason = reason
  }

  init(_ path: String, errno: Int32) { self.init(path, String(cString: strerror(errno))) }

  /// One line.
  public var description: String { "\(path.isEmpty ? "the path \"\"" : path): cannot be read: \(reason)".printable }
}

extension Data {
  /// The same text in UTF-8 without a byte order mark, as editors put one before it: in UTF-8, or in UTF-16, of either
  /// order, which is converted. Other data stay as they are.
  public var withoutByteOrderMark: Data {
    if starts(with: [0xEF, 0xBB, 0xBF]) { return dropFirst(3) }
    guard starts(with: [0xFF, 0xFE]) || starts(with: [0xFE, 0xFF]), let text = String(data: self, encoding: .utf16)
    else {
      return self
    }
    return Data(text.utf8)
  }
}
