import Foundation

/// Text files, written in one piece: a reader sees the former file or the new one.
package enum TextFile {
  /// Writes or replaces the file at `path`.
  package static func write(_ text: String, to path: String) throws(FileError) {
    do {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch { throw FileError(error, operation: "write", path: path) }
  }
}
