import Foundation

/// A file that a person has named: a cluster, a configuration, a record's manifest.
///
/// It is read up to a limit, so that a wrong path (a disk, a device without end) does not fill the memory. Pipes are read,
/// too: `uniference simulate <(generate)`.
public enum InputFile {
  /// The contents of a file.
  ///
  /// - Parameter limit: the most bytes that such a file can sensibly have.
  /// - Throws: ``InputFileError`` with what the system says, or that the file is larger.
  public static func contents(of path: String, atMost limit: Int) throws(InputFileError) -> Data {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw InputFileError(path, errno: errno) }
    defer { close(descriptor) }
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
        return contents
      } else if errno != EINTR {
        throw InputFileError(path, errno: errno)
      }
    }
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
  public var description: String { "\(path): cannot be read: \(reason)" }
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
