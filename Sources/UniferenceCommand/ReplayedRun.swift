import Documents
import Predictions
import PyTorchBridge
import Results
import SimulationKernel
import Uniference

/// A script's run, made again by a replay of its calls.
struct ReplayedRun: RepeatableRun {
  let cluster: Cluster
  let ranks: [Int]
  let times: [ResourceAttribution.Time]
  private let record: RunRecord
  private let interruption: Interruption

  /// - Throws: `RunAgainError` when it cannot be made again.
  init(_ record: RunRecord, _ interruption: Interruption) throws {
    (self.record, self.interruption) = (record, interruption)
    let report: SimulationReport
    do {
      let replay = try ScriptReplay(record)
      var texts: [DocumentText] = []
      cluster = try Cluster(recordedIn: record.manifest.inputs, of: record.path, texts: &texts)
      ranks = Array(0..<replay.rankCount)
      report = try Self.replay(record, on: cluster, interruption)
    } catch {
      throw RunAgainError("\(error)")
    }
    guard let recorded = record.manifest.results["total_s"]?.number, abs(report.total_s - recorded) <= 1e-6 * recorded
    else {
      throw RunAgainError("its replay takes another time, as where a script asks what time it is")
    }
    let main = report.mainPhaseSeconds
    times =
      (main.map { [ResourceAttribution.Time(name: "time with the process group", s: $0)] } ?? [])
      + [ResourceAttribution.Time(name: "total", s: report.total_s)]
  }

  func times(on cluster: Cluster) throws -> [Double] {
    let report = try Self.replay(record, on: cluster, interruption)
    return times.count > 1 ? [report.mainPhaseSeconds ?? 0, report.total_s] : [report.total_s]
  }

  private static func replay(
    _ record: RunRecord, on cluster: Cluster, _ interruption: Interruption
  ) throws -> SimulationReport {
    var options = SimulationOptions()
    options.seed = record.manifest.inputs.seed
    options.interruption = interruption
    return try ScriptReplay(record).run(on: cluster, options)
  }
}

extension JSONValue {
  fileprivate var number: Double? {
    switch self {
    case .number(let number): number
    case .integer(let integer): Double(integer)
    default: nil
    }
  }
}

extension SimulationReport {
  /// From the time when every rank has its process group until the last one has destroyed it; `nil` where none was made.
  fileprivate var mainPhaseSeconds: Double? {
    let mains = devices.compactMap { $0.phases?.filter { $0.name == "main" } }
    guard let began = mains.compactMap(\.first?.start_s).max(), let ended = mains.compactMap(\.last?.end_s).max(),
      ended > began
    else { return nil }
    return ended - began
  }
}
