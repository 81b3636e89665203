import Crypto
import Foundation

/// An event log on disk, read piece by piece.
public struct EventFile: Hashable, Sendable {
  public let path: String

  private static let recordsPerRead = 16 * 1024

  public init(path: String) { self.path = path }

  /// Calls `body` with each record in order. Memory does not grow with the file.
  ///
  /// - Throws: ``FileError`` when the file cannot be read, ``RunRecordError`` when it holds no whole number of valid
  ///   records, and what `body` throws.
  public func forEach(_ body: (EventRecord) throws -> Void) throws {
    var index = 0
    try forEachPiece { try forEach(in: $0, from: &index, body) }
  }

  /// The file's count and digest, as ``EventLog`` computed them while writing, and a visit to each record on the way.
  ///
  /// - Throws: as ``forEach(_:)``.
  public func summary(visiting body: (EventRecord) throws -> Void = { _ in }) throws -> EventLog.Summary {
    var hash = SHA256()
    var index = 0
    try forEachPiece { piece in
      hash.update(bufferPointer: piece)
      try forEach(in: piece, from: &index, body)
    }
    return EventLog.Summary(count: index, sha256: hexadecimal(hash.finalize()))
  }

  private func forEach(
    in piece: UnsafeRawBufferPointer, from index: inout Int, _ body: (EventRecord) throws -> Void
  ) throws {
    for offset in stride(from: 0, to: piece.count, by: EventRecord.byteCount) {
      guard
        offset + EventRecord.byteCount <= piece.count,
        let record = EventRecord(from: UnsafeRawBufferPointer(rebasing: piece[offset...]))
      else { throw damage(at: index, of: piece, offset: offset) }
      try body(record)
      index += 1
    }
  }

  private func damage(at index: Int, of piece: UnsafeRawBufferPointer, offset: Int) -> RunRecordError {
    let left = piece.count - offset
    if left < EventRecord.byteCount {
      return RunRecordError(
        path: path,
        problem: "is cut off inside record \(index): \(left) of \(EventRecord.byteCount) bytes are left")
    }
    return RunRecordError(
      path: path, problem: "record \(index) has the unknown kind \(piece[offset + 24])")
  }

  /// Pieces are whole numbers of records, but for the last one of a file that was cut off.
  private func forEachPiece(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { throw FileError(errnoOf: "read", path: path) }
    defer { _ = close(descriptor) }
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: EventFile.recordsPerRead * EventRecord.byteCount, alignment: 16)
    defer { buffer.deallocate() }
    while true {
      let filled = try fill(buffer, from: descriptor)
      if filled == 0 { return }
      try body(UnsafeRawBufferPointer(rebasing: buffer[..<filled]))
    }
  }

  private func fill(_ buffer: UnsafeMutableRawBufferPointer, from descriptor: Int32) throws(FileError) -> Int {
    var filled = 0
    while filled < buffer.count, let start = buffer.baseAddress {
      let count = read(descriptor, start + filled, buffer.count - filled)
      if count < 0 {
        if errno == EINTR { continue }
        throw FileError(errnoOf: "read", path: path)
      }
      if count == 0 { break }
      filled += count
    }
    return filled
  }
}
