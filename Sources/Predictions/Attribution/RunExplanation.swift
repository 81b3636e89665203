import Documents
import Foundation
import Results
import SimulationKernel
import Uniference

/// What a record alone does not tell of its run: what links carried over time, and what each resource costs.
public struct RunExplanation: Encodable, Sendable {
  /// What links carried; `nil` where it cannot be told.
  public let links: LinkUseOverTime?
  /// Why ``links`` is `nil`.
  public let no_links: String?
  /// What resources cost; `nil` where the run cannot be made again.
  public let attribution: ResourceAttribution?
  /// Why ``attribution`` is `nil`.
  public let no_attribution: String?

  /// - Parameters:
  ///   - runsAgain: whether the run may be made again.
  ///   - repeatScript: makes ready the run of a script to be made again. May throw ``RunAgainError``.
  ///   - progress: called from any thread with the share of the work that is done, and with what was done last.
  /// - Throws: `RunFailure` when the user has interrupted; what keeps the record from being read.
  public init(
    _ record: RunRecord, runsAgain: Bool, interruption: Interruption,
    repeatScript: (RunRecord, Interruption) throws -> any RepeatableRun,
    progress: @escaping @Sendable (Double, String) -> Void
  ) throws {
    progress(0, "the run as it was")
    let report = record.manifest.results.decoded(as: SimulationReport.self)
    let end = Int64(((report?.total_s ?? 0) * 1e12).rounded())
    var (run, obstacle): ((any RepeatableRun)?, String?)
    if runsAgain {
      do {
        run =
          record.manifest.inputs.scenario == nil
          ? try repeatScript(record, interruption) : try RecordedExperiment(record, interruption: interruption)
      } catch let error as RunAgainError {
        obstacle = "The run cannot be made again: \(error)."
      }
    } else {
      obstacle = "The run was not made again, as was asked."
    }
    let cluster = run?.cluster ?? Self.cluster(of: record)
    let hasMessages = try record.hasMessagesOfEveryCollective()
    var links: LinkUseOverTime?
    if let recorded = run as? RecordedExperiment {
      progress(0.02, "every message")
      links = try Self.links(of: recorded, end: end)
    } else if let cluster, hasMessages {
      links = try LinkUseOverTime(record, on: cluster, end: end)
    }
    self.links = links
    no_links =
      links != nil
      ? nil
      : cluster == nil
        ? "The record does not hold its cluster."
        : hasMessages
          ? "No messages were sent." : "The record has collectives without their messages. \(obstacle ?? "")"
    attribution = try run.map { run in
      try ResourceAttribution(run, busiest: (report?.links ?? []).map(\.name)) { progress(0.1 + 0.9 * $0, $1) }
    }
    no_attribution = obstacle
  }

  /// The cluster of a run that is not made again.
  private static func cluster(of record: RunRecord) -> Cluster? {
    let inputs = record.manifest.inputs
    guard inputs.scenario == nil, let text = inputs.cluster else { return nil }
    let settings = (inputs.settings ?? []).compactMap { try? DocumentOverride(parsing: $0) }
    let cluster = DocumentText.$kept.withValue(inputs.files ?? [:]) { try? Cluster(yaml: text, overrides: settings) }
    return cluster.flatMap { $0.devices.count == record.manifest.devices.count ? $0 : nil }
  }

  /// Makes the run again with every message, into a record that is then removed.
  private static func links(of recorded: RecordedExperiment, end: Int64) throws -> LinkUseOverTime? {
    let path = NSTemporaryDirectory() + "uniference-report-\(UUID().uuidString).run"
    defer { try? FileManager.default.removeItem(atPath: path) }
    var options = recorded.options
    options.usesMemoisedTiming = false
    options.recordPath = path
    _ = try recorded.experiment.predict(options: options)
    return try LinkUseOverTime(RunRecord.read(from: path), on: recorded.experiment.cluster, end: end)
  }
}

extension RunRecord {
  /// Whether collectives of several ranks have their messages in the record, which those that were timed at once do not.
  fileprivate func hasMessagesOfEveryCollective() throws -> Bool {
    var (collectives, messages) = (false, false)
    try events.forEach { event in
      if event.kind == .collective { collectives = true }
      if event.kind == .message, event.flags.contains(.partOfCollective) { messages = true }
    }
    return !collectives || messages || manifest.devices.count == 1
  }
}

extension JSONValue {
  /// The value as another type; `nil` where it is not of that shape.
  fileprivate func decoded<Value: Decodable>(as type: Value.Type) -> Value? {
    (try? JSONEncoder().encode(self)).flatMap { try? JSONDecoder().decode(type, from: $0) }
  }
}
