import Foundation

/// Takes records off an events file one at a time, with one buffer, and hashes what it reads if asked to.
package final class EventReader {
  private let path: String
  private let descriptor: Int32
  private let buffer: UnsafeMutableRawBufferPointer
  private var piece = UnsafeRawBufferPointer(start: nil, count: 0)
  private var offset = 0
  private var hash: SHA256?
  /// How many records have been taken.
  package private(set) var count = 0

  /// - Parameters:
  ///   - recordsPerRead: how many records the buffer holds.
  ///   - hashes: whether ``sha256`` is wanted, which takes longer than reading.
  package init(path: String, recordsPerRead: Int = 16 * 1024, hashes: Bool = false) throws(FileError) {
    self.path = path
    hash = hashes ? SHA256() : nil
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    buffer = .allocate(byteCount: recordsPerRead * EventRecord.byteCount, alignment: 16)
    if descriptor < 0 { throw FileError(errnoOf: "read", path: path) }
  }

  deinit {
    buffer.deallocate()
    if descriptor >= 0 { _ = close(descriptor) }
  }

  /// The next record, or `nil` at the end of the file.
  package func next() throws -> EventRecord? {
    if offset == piece.count {
      piece = UnsafeRawBufferPointer(rebasing: buffer[..<(try fill())])
      offset = 0
      if piece.isEmpty { return nil }
      hash?.update(piece)
    }
    let left = piece.count - offset
    guard left >= EventRecord.byteCount else {
      throw RunRecordError(
        path: path, problem: "is cut off inside event \(count): \(left) of \(EventRecord.byteCount) bytes are left")
    }
    guard let record = EventRecord(from: UnsafeRawBufferPointer(rebasing: piece[offset...])) else {
      throw RunRecordError(path: path, problem: "has an event \(count) of the unknown kind \(piece[offset + 24])")
    }
    offset += EventRecord.byteCount
    count += 1
    return record
  }

  /// SHA-256 of what was read, in lowercase hexadecimal: after the last record, of the file. `nil` where nothing is hashed.
  package var sha256: String? { hash?.hexadecimalDigest() }

  /// Fills the buffer as far as the file goes, so that only a file that was cut off leaves part of a record in it.
  private func fill() throws(FileError) -> Int {
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
