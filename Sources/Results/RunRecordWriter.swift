import Foundation
import SystemCalls

/// Builds a ``RunRecord`` under a temporary name beside its place and moves it there once it is whole.
///
/// The temporary folder `NAME.run.partial-PROCESS-RANDOM` does not end in `.run`, so what a crash leaves is never
/// taken for a record. A writer that goes out of scope unfinished removes it, and the next writer in the same folder what
/// a killed process has left. One thread at a time may use a writer.
public final class RunRecordWriter {
  /// Where the finished record stands, or will stand as far as can be told.
  public private(set) var path: String
  /// The log that the run appends its events to.
  public let events: EventLog
  /// The log that the run appends its spans to: phases, layers and calls. One that stays empty leaves nothing.
  public let spans: EventLog

  private let inputs: RunInputs
  private let versions: RunVersions
  private let devices: [String]
  private let temporaryPath: String
  private let keepsEarlier: Bool
  private let wishedPath: String
  private let lock: Int32
  private var isOpen = true

  /// Creates the temporary folder, and the folders above it, and opens the event log in it.
  ///
  /// - Parameters:
  ///   - path: the record's folder; it must end in `.run`. A record that stands there is replaced in the end.
  ///   - devices: each world rank's device name.
  ///   - keepsRecords: whether the log also keeps its events in memory.
  ///   - keepsEarlier: whether a record that stands at `path` stays. This one then gets the next free name, `NAME-2.run`,
  ///     also where several processes look for one at the same time.
  /// - Throws: ``RunRecordError`` when `path` is no place for a record, ``FileError`` when it cannot be written to.
  public init(
    path: String, inputs: RunInputs, versions: RunVersions, devices: [String], keepsRecords: Bool = false,
    keepsEarlier: Bool = false
  ) throws {
    let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    guard trimmed.hasSuffix(RunRecord.suffix), !trimmed.hasSuffix("/" + RunRecord.suffix), trimmed != RunRecord.suffix
    else { throw RunRecordError(path: path, problem: "is no name for a run record; it must end in NAME.run") }
    if !keepsEarlier { try RunRecordWriter.checkReplaceable(trimmed) }
    self.keepsEarlier = keepsEarlier
    wishedPath = trimmed
    self.path = keepsEarlier ? RunRecordWriter.firstFreePath(from: trimmed) : trimmed
    self.inputs = inputs
    self.versions = versions
    self.devices = devices
    temporaryPath = UnfinishedFile.path(for: trimmed)
    UnfinishedFile.removeAbandoned(beside: trimmed)
    do {
      try FileManager.default.createDirectory(atPath: temporaryPath, withIntermediateDirectories: true)
    } catch { throw FileError(error, operation: "create", path: temporaryPath) }
    lock = UnfinishedFile.lock(temporaryPath)
    do throws(FileError) {
      events = try EventLog(writingTo: temporaryPath + "/" + RunRecord.eventsName, keepsRecords: keepsRecords)
      spans = try EventLog(writingTo: temporaryPath + "/" + RunRecord.spansName, keepsRecords: keepsRecords)
    } catch {
      try? FileManager.default.removeItem(atPath: temporaryPath)
      UnfinishedFile.unlock(lock)
      throw error
    }
  }

  deinit { discard() }

  /// Adds a file of the program's own to the record.
  ///
  /// - Throws: ``FileError`` when it could not be written.
  public func attach(_ name: String, _ bytes: [UInt8]) throws(FileError) {
    let file = try OutputFile(path: temporaryPath + "/" + name)
    try file.write(bytes)
    try file.close()
  }

  /// Completes the record and puts it in its place, whatever the run's end: an interrupted or failed run leaves a valid
  /// record of what happened until then. No more events may be appended.
  ///
  /// - Throws: ``FileError`` when anything could not be written; then no record appears, and an older one stays.
  @discardableResult
  public func finish(status: RunStatus, results: some Encodable) throws -> RunRecord {
    precondition(isOpen, "a run record is finished once")
    defer { discard() }
    let summary = try events.finish()
    let spans = try finishSpans()
    let manifest = RunManifest(
      schemaVersion: RunManifest.currentSchemaVersion, status: status, inputs: inputs, versions: versions,
      devices: devices, results: try JSONValue(encoding: results), names: events.names.names,
      events: RunManifest.Events(
        file: RunRecord.eventsName, dtype: EventRecord.fields, count: summary.count, sha256: summary.sha256),
      spans: spans)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try attach(RunRecord.manifestName, [UInt8](encoder.encode(manifest)) + [UInt8(ascii: "\n")])
    if keepsEarlier { try moveToFreePlace() } else { try moveIntoPlace() }
    return RunRecord(path: path, manifest: manifest)
  }

  private func finishSpans() throws(FileError) -> RunManifest.Spans? {
    let summary = try spans.finish()
    guard summary.count > 0 else {
      if unlink(temporaryPath + "/" + RunRecord.spansName) != 0 {
        throw FileError(errnoOf: "remove", path: temporaryPath + "/" + RunRecord.spansName)
      }
      return nil
    }
    return RunManifest.Spans(
      names: spans.names.names,
      events: RunManifest.Events(
        file: RunRecord.spansName, dtype: EventRecord.fields, count: summary.count, sha256: summary.sha256))
  }

  /// Removes what was written. Does nothing after ``finish(status:results:)``.
  public func discard() {
    guard isOpen else { return }
    isOpen = false
    try? FileManager.default.removeItem(atPath: temporaryPath)
    UnfinishedFile.unlock(lock)
  }

  /// A folder cannot be renamed over another one that is not empty, so what stands at a name keeps it, whoever has put it
  /// there since the name was looked for.
  private func moveToFreePlace() throws(FileError) {
    while rename(temporaryPath, path) != 0 {
      guard [ENOTEMPTY, EEXIST, ENOTDIR].contains(errno) else { throw FileError(errnoOf: "create", path: path) }
      path = RunRecordWriter.firstFreePath(from: wishedPath)
    }
  }

  /// The path itself where nothing stands, otherwise with the smallest number from 2 on that is free: `NAME-2.run`.
  private static func firstFreePath(from path: String) -> String {
    var candidate = path
    var number = 1
    while FileManager.default.fileExists(atPath: candidate) {
      number += 1
      candidate = "\(path.dropLast(RunRecord.suffix.count))-\(number)\(RunRecord.suffix)"
    }
    return candidate
  }

  /// A folder cannot be renamed over another that is not empty. It changes places with an older record, which then goes
  /// with what else is temporary.
  private func moveIntoPlace() throws {
    try RunRecordWriter.checkReplaceable(path)
    guard FileManager.default.fileExists(atPath: path) else {
      if rename(temporaryPath, path) != 0 { throw FileError(errnoOf: "create", path: path) }
      return
    }
    if uniference_exchange(temporaryPath, path) == 0 { return }
    // Where the file system knows no exchange, the older record steps aside first.
    let oldPath = UnfinishedFile.path(for: path)
    let replaces = rename(path, oldPath) == 0
    guard rename(temporaryPath, path) == 0 else {
      let failure = FileError(errnoOf: "create", path: path)
      if replaces { _ = rename(oldPath, path) }
      throw failure
    }
    if replaces { try? FileManager.default.removeItem(atPath: oldPath) }
  }

  private static func checkReplaceable(_ path: String) throws(RunRecordError) {
    let files = FileManager.default
    guard files.fileExists(atPath: path) else { return }
    guard files.fileExists(atPath: path + "/" + RunRecord.manifestName) else {
      throw RunRecordError(
        path: path, problem: "exists and is not a run record; move it away or choose another name")
    }
  }
}
