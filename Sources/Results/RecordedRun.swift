import Foundation

/// A record as a list of runs shows it: read from `run.json` alone, so that thousands are listed at once.
public struct RecordedRun: Hashable, Sendable {
  /// The folder's name without `.run`, by which commands take it.
  public let name: String
  /// The folder.
  public let path: String
  /// When the record was written.
  public let recorded: Date
  /// What it says of its run; `nil` for a record that cannot be read.
  public let run: Run?
  /// Why it cannot be read; `nil` where it can be.
  public let problem: String?

  /// What a record says of its run.
  public struct Run: Encodable, Hashable, Sendable {
    /// `complete`, `interrupted` or `failed`.
    public let status: String
    /// The command: `simulate`, `run`, `deploy`.
    public let command: String
    /// The model of a scenario; the script or the program of other runs.
    public let subject: String
    /// The cluster's name; `nil` in records of earlier versions.
    public let cluster: String?
    /// How many devices took part.
    public let devices: Int
    /// The strategy of a scenario's run.
    public let strategy: String?
    /// Virtual time from beginning to end; `nil` where the run did not get as far as to have one.
    public let total_s: Double?

    init(_ manifest: RunManifest) {
      let inputs = manifest.inputs
      switch manifest.status {
      case .complete: status = "complete"
      case .interrupted: status = "interrupted"
      case .failed: status = "failed"
      }
      command = inputs.command ?? (inputs.scenario == nil ? "run" : "simulate")
      subject = inputs.model ?? inputs.program
      cluster = inputs.clusterName
      devices = manifest.devices.count
      strategy = inputs.strategy
      switch manifest.results["total_s"] {
      case .number(let seconds): total_s = seconds
      case .integer(let seconds): total_s = Double(seconds)
      default: total_s = nil
      }
    }
  }

  /// The records in a folder, the newest first; those of one time by name.
  ///
  /// - Throws: ``FileError`` when the folder cannot be read.
  public static func all(in folder: String) throws(FileError) -> [RecordedRun] {
    let entries: [String]
    do { entries = try FileManager.default.contentsOfDirectory(atPath: folder) } catch {
      throw FileError(error, operation: "read", path: folder)
    }
    return entries.filter { $0.hasSuffix(RunRecord.suffix) && $0.count > RunRecord.suffix.count }
      .map { RecordedRun(path: folder + "/" + $0) }
      .sorted { ($1.recorded, $0.name) < ($0.recorded, $1.name) }
  }

  private init(path: String) {
    self.path = path
    name = String(path.split(separator: "/").last.map(String.init)?.dropLast(RunRecord.suffix.count) ?? "")
    let manifestTime = Self.modificationTime(path + "/" + RunRecord.manifestName)
    recorded = manifestTime ?? Self.modificationTime(path) ?? .distantPast
    do {
      let manifest = try RunManifest(contentsOf: path)
      try Self.checkSizes(of: RunRecord(path: path, manifest: manifest))
      (run, problem) = (Run(manifest), nil)
    } catch {
      (run, problem) = (nil, "\(error)")
    }
  }

  /// Finds files that have been cut off, without reading them. ``RunRecord/read(from:)`` compares their digests, too.
  private static func checkSizes(of record: RunRecord) throws(RunRecordError) {
    let spans = record.manifest.spans?.events
    for events in [record.manifest.events, spans].compactMap(\.self) {
      let path = record.path + "/" + events.file
      let size = (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int
      guard let size else { throw RunRecordError(path: path, problem: "is missing") }
      let expected = events.count.multipliedReportingOverflow(by: EventRecord.byteCount)
      guard !expected.overflow, size == expected.partialValue else {
        throw RunRecordError(
          path: path, problem: "has \(size) bytes; run.json counts \(events.count) events of \(EventRecord.byteCount)")
      }
    }
  }

  private static func modificationTime(_ path: String) -> Date? {
    (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date
  }
}
