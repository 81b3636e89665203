/// An event log on disk, read piece by piece.
public struct EventFile: Hashable, Sendable {
  /// Where the file is.
  public let path: String

  /// Opens nothing yet: a file that is missing shows when it is read.
  public init(path: String) { self.path = path }

  /// Calls `body` with each record in order. Memory does not grow with the file.
  ///
  /// - Throws: ``FileError`` when the file cannot be read, ``RunRecordError`` when it holds no whole number of valid
  ///   records, and what `body` throws.
  public func forEach(_ body: (EventRecord) throws -> Void) throws {
    let reader = try EventReader(path: path)
    while let record = try reader.next() { try body(record) }
  }

  /// The same, and hashes the file, which takes several times as long.
  ///
  /// - Returns: the file's count and digest, as ``EventLog`` computed them while writing.
  func hashing(_ body: (EventRecord) throws -> Void) throws -> EventLog.Summary {
    let reader = try EventReader(path: path, hashes: true)
    while let record = try reader.next() { try body(record) }
    return EventLog.Summary(count: reader.count, sha256: reader.sha256 ?? "")
  }
}
