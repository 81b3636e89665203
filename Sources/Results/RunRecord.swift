import Foundation
import Inputs
import Quantities

/// The self-describing record of one run: a folder `NAME.run` with `run.json` (``RunManifest``), `events.bin`
/// (``EventRecord``s) and, where programs say where they are, `spans.bin` (likewise). A folder of that name is always
/// whole: ``RunRecordWriter`` builds it elsewhere.
public struct RunRecord: Hashable, Sendable {
  /// The folder.
  public let path: String
  /// What `run.json` says.
  public let manifest: RunManifest

  /// The file name's ending by which records are known.
  public static let suffix = ".run"
  /// A manifest holds the texts of all files that its run was made from.
  private static let longestManifest = 64 << 20
  static let manifestName = "run.json"
  static let eventsName = "events.bin"
  static let spansName = "spans.bin"

  /// The events, to be read piece by piece.
  public var events: EventFile { EventFile(path: path + "/" + manifest.events.file) }

  /// Where in their programs ranks were; `nil` where the record does not say.
  public var spans: EventFile? { manifest.spans.map { EventFile(path: path + "/" + $0.events.file) } }

  /// Reads and checks a record: the layout's version, the number of events, their digest, and that all they refer to
  /// is there. Takes time linear in the events, memory constant in them.
  ///
  /// - Throws: ``RunRecordError`` or ``FileError``, naming the file at fault.
  public static func read(from path: String) throws -> RunRecord {
    let manifest = try RunManifest(contentsOf: path)
    let record = RunRecord(path: path, manifest: manifest)
    try record.verify(record.events, manifest.events, names: manifest.names.count) { !$0.isSpan }
    if let spans = record.spans, let expected = manifest.spans {
      try record.verify(spans, expected.events, names: expected.names.count) { $0.isSpan }
    }
    return record
  }

  fileprivate static func readManifest(_ path: String) throws -> RunManifest {
    let data: Data
    do throws(InputFileError) { data = try InputFile.contents(of: path, atMost: longestManifest) } catch {
      throw FileError(operation: "read", path: path, reason: error.reason)
    }
    let manifest: RunManifest
    do {
      let version = try JSONDecoder().decode(SchemaVersion.self, from: data).schema_version
      guard version == RunManifest.currentSchemaVersion else {
        throw RunRecordError(
          path: path,
          problem: "has schema version \(version); this uniference reads version \(RunManifest.currentSchemaVersion)")
      }
      manifest = try JSONDecoder().decode(RunManifest.self, from: data)
    } catch let error as DecodingError {
      throw RunRecordError(path: path, problem: error.plainDescription)
    }
    for (events, name) in [(manifest.events, eventsName)] + (manifest.spans.map { [($0.events, spansName)] } ?? []) {
      guard events.dtype == EventRecord.fields else {
        throw RunRecordError(path: path, problem: "describes events of another layout than this uniference reads")
      }
      guard events.file == name else {
        throw RunRecordError(path: path, problem: "names the events file '\(quotable(events.file))', not '\(name)'")
      }
    }
    return manifest
  }

  /// - Parameters:
  ///   - names: how many names its events may refer to.
  ///   - isAllowed: whether events of a kind belong there.
  private func verify(
    _ file: EventFile, _ expected: RunManifest.Events, names: Int, isAllowed: (EventKind) -> Bool
  ) throws {
    var index = 0
    let found = try file.hashing { record in
      guard isAllowed(record.kind) else {
        throw RunRecordError(
          path: file.path, problem: "has an event \(index) of kind \(record.kind.rawValue), out of place")
      }
      try verify(record, at: index, of: file, names: names)
      index += 1
    }
    guard found.count == expected.count else {
      throw RunRecordError(
        path: file.path, problem: "holds \(found.count) events; run.json counts \(expected.count)")
    }
    guard found.sha256 == expected.sha256 else {
      throw RunRecordError(
        path: file.path, problem: "was changed: its SHA-256 is \(found.sha256), run.json says \(expected.sha256)")
    }
  }

  private func verify(_ record: EventRecord, at index: Int, of file: EventFile, names: Int) throws(RunRecordError) {
    guard record.name < names else {
      throw RunRecordError(
        path: file.path, problem: "event \(index) has name \(record.name); run.json lists \(names) names")
    }
    guard record.kind != .collective || (0..<Int32(clamping: names)).contains(record.tag) else {
      throw RunRecordError(
        path: file.path, problem: "event \(index) has group \(record.tag); run.json lists \(names) names")
    }
    guard (-Picoseconds.limit...Picoseconds.limit).contains(record.time),
      (0...Picoseconds.limit).contains(record.duration), record.bytes >= 0
    else {
      throw RunRecordError(
        path: events.path,
        problem:
          "event \(index) begins at \(record.time) ps, lasts \(record.duration) ps and has \(record.bytes) bytes: "
          + "time reaches to 106 days, and nothing is negative")
    }
    guard record.kind != .collective || manifest.names.indices.contains(Int(record.tag)) else {
      throw RunRecordError(
        path: events.path,
        problem: "event \(index) is of group \(record.tag); run.json lists \(manifest.names.count) names")
    }
    guard record.rank < manifest.devices.count else {
      throw RunRecordError(
        path: file.path,
        problem: "event \(index) is of rank \(record.rank); run.json lists \(manifest.devices.count) devices")
    }
  }
}

extension RunManifest {
  /// Reads and checks what a record says of its run, and leaves its events unread.
  ///
  /// - Parameter record: the record's folder.
  /// - Throws: ``RunRecordError`` or ``FileError``, naming the file at fault.
  public init(contentsOf record: String) throws {
    self = try RunRecord.readManifest(record + "/" + RunRecord.manifestName)
  }
}

/// The part of `run.json` that every version of the layout shares.
private struct SchemaVersion: Decodable {
  let schema_version: Int
}

/// A record that cannot be read or must not be replaced.
public struct RunRecordError: Error, Hashable, Sendable, CustomStringConvertible, UserFacingError {
  /// The file at fault.
  public let path: String
  /// What is wrong with it, as the end of a sentence that begins with the path.
  public let problem: String

  /// See the properties.
  package init(path: String, problem: String) {
    self.path = path
    self.problem = problem
  }

  /// One line: the file and its problem.
  public var description: String { "'\(path)' \(problem)".printableLine }

  /// `EX_IOERR`.
  package var exitCode: Int32 { EX_IOERR }
}

extension DecodingError {
  /// One line: where in the document, and what was expected.
  fileprivate var plainDescription: String {
    switch self {
    case .keyNotFound(let key, let context):
      "lacks the field '\(fieldPath(context.codingPath + [key]))'"
    case .typeMismatch(let type, let context):
      "field '\(fieldPath(context.codingPath))' is not of type \(type)"
    case .valueNotFound(let type, let context):
      "field '\(fieldPath(context.codingPath))' is null; it must be of type \(type)"
    case .dataCorrupted(let context):
      context.codingPath.isEmpty
        ? "is not valid JSON; it is cut off or damaged"
        : "field '\(fieldPath(context.codingPath))': \(context.debugDescription)"
    @unknown default: "cannot be decoded: \(self)"
    }
  }
}
