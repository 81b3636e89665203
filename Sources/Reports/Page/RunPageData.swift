import Results

/// What a page shows of a run's events: its profile, what devices did over time, and its critical path.
public struct RunPageData: Encodable, Sendable {
  private let profile: RunProfile
  private let timeline: TimelineCells
  private let labels: [String]
  private let critical_path: CriticalPathSummary

  /// Reads a record. Memory grows with how often devices change between computing and communicating.
  ///
  /// - Throws: `RunRecordError` or `FileError` when it cannot be read.
  public init(_ record: RunRecord) throws {
    var timeline = DeviceTimeline(record.manifest)
    let whole = try RunProfile(record) { timeline.append($0) }
    timeline.finish()
    let cells = TimelineCells(timeline, devices: record.manifest.devices)
    critical_path = try CriticalPathSummary(
      CriticalPath(timeline), timeline, of: record, unit: cells.unit_s)
    labels = timeline.labels
    self.timeline = cells
    profile = whole.limited(to: Self.rowLimit)
  }

  /// How many rows each table of the page has at most.
  private static let rowLimit = 500
}

extension RunProfile {
  /// The first rows of each list.
  fileprivate func limited(to count: Int) -> RunProfile {
    var profile = self
    profile.devices = Array(devices.prefix(count))
    profile.layers = Array(layers.prefix(count))
    profile.operations = Array(operations.prefix(count))
    profile.communication = Array(communication.prefix(count))
    profile.calls = Array(calls.prefix(count))
    profile.waits = Array(waits.prefix(count))
    return profile
  }
}
