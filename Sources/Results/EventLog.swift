/// The events of one run, in the order in which the engine came to them: hashed, and written or kept as asked.
///
/// Appending copies 40 bytes into a buffer; each time that is full it is hashed and written at once. A failure to write
/// does not stop the simulation in the middle of an event: it is kept in ``failure``, nothing more is written, and
/// ``finish()`` throws it. One thread at a time may use a log.
public final class EventLog {
  /// How many events there are and what they hash to. Equal digests mean byte-identical logs.
  public struct Summary: Hashable, Sendable {
    /// Number of records.
    public let count: Int
    /// SHA-256 (FIPS 180-4) of all records' bytes in order, in lowercase hexadecimal.
    public let sha256: String
  }

  /// The names that the records' `name` indices stand for.
  public var names = NameTable()
  /// How many records have been appended.
  public private(set) var count = 0
  /// The records so far, when the log was asked to keep them; otherwise empty.
  public private(set) var records: [EventRecord] = []
  /// The first failure to write the file.
  public private(set) var failure: FileError? {
    didSet { if let failure, oldValue == nil { whenFailed(failure) } }
  }
  /// Is told of the first failure at once, so that a long run need not go on for a record that cannot be.
  package var whenFailed: (FileError) -> Void = { _ in }

  private static let capacity = 64 * 1024 / EventRecord.byteCount * EventRecord.byteCount

  private let buffer = UnsafeMutableRawPointer.allocate(byteCount: EventLog.capacity, alignment: 16)
  private var used = 0
  private var hash = SHA256()
  private let hashes: Bool
  private var file: OutputFile?
  private let keepsRecords: Bool

  /// - Parameters:
  ///   - path: the file to write, or `nil` for none. A file that exists is overwritten.
  ///   - keepsRecords: whether ``records`` holds every event, at 40 bytes each.
  ///   - hashes: whether events are hashed; if not, the digest is that of nothing.
  public init(writingTo path: String? = nil, keepsRecords: Bool = false, hashes: Bool = true) throws(FileError) {
    self.hashes = hashes
    self.keepsRecords = keepsRecords
    if let path { file = try OutputFile(path: path) }
  }

  deinit { buffer.deallocate() }

  /// Adds a record. Constant time; allocates only for ``records``.
  public func append(_ record: EventRecord) {
    if used == EventLog.capacity { flush() }
    record.store(to: buffer + used)
    used += EventRecord.byteCount
    count += 1
    if keepsRecords { records.append(record) }
  }

  /// The count and digest of everything appended so far.
  public func summary() -> Summary {
    flush()
    return Summary(count: count, sha256: hash.hexadecimalDigest())
  }

  /// Writes what is buffered and closes the file.
  ///
  /// - Throws: the first error that writing met, at whichever time it did.
  @discardableResult
  public func finish() throws(FileError) -> Summary {
    let summary = summary()
    do throws(FileError) { try file?.close() } catch { failure = failure ?? error }
    file = nil
    if let failure { throw failure }
    return summary
  }

  private func flush() {
    let full = UnsafeRawBufferPointer(start: buffer, count: used)
    used = 0
    if hashes { hash.update(full) }
    guard failure == nil else { return }
    do throws(FileError) { try file?.write(full) } catch { failure = error }
  }
}
