import Foundation

/// The lines of a text file one after another, however long the file is.
struct LineReader {
  private static let longestLine = 16 << 20

  private let path: String
  private let handle: FileHandle
  private var buffer: [UInt8] = []
  private var position = 0
  private var isAtEnd = false
  /// The number of the line given out last, from 1.
  private(set) var line = 0

  init(_ path: String) throws(TraceError) {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    guard exists, !isFolder.boolValue, let handle = FileHandle(forReadingAtPath: path) else {
      let reason = isFolder.boolValue ? "it is a folder" : exists ? "permission denied" : "there is no such file"
      throw TraceError(file: path, line: nil, field: nil, "cannot be read: \(reason)")
    }
    self.path = path
    self.handle = handle
  }

  /// The next line that is not blank, without its end; `nil` after the last one.
  mutating func next() throws(TraceError) -> String? {
    while let bytes = try nextBytes() {
      line += 1
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw TraceError(file: path, line: line, field: nil, "the line is not UTF-8")
      }
      let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines.union(["\u{FEFF}"]))
      if !trimmed.isEmpty { return trimmed }
    }
    return nil
  }

  private mutating func nextBytes() throws(TraceError) -> ArraySlice<UInt8>? {
    var searched = position
    while true {
      if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        defer { position = end + 1 }
        return buffer[position..<end]
      }
      searched = buffer.count
      if isAtEnd {
        guard position < buffer.count else { return nil }
        defer { position = buffer.count }
        return buffer[position...]
      }
      guard buffer.count - position <= Self.longestLine else {
        throw TraceError(file: path, line: line + 1, field: nil, "the line has more than \(Self.longestLine) bytes")
      }
      buffer.removeFirst(position)
      searched -= position
      position = 0
      guard let more = try? handle.read(upToCount: 1 << 16) else {
        isAtEnd = true
        continue
      }
      if more.isEmpty { isAtEnd = true }
      buffer.append(contentsOf: more)
    }
  }
}
