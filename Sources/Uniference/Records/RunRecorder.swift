import Reports
import Results
import SimulationKernel

/// Writes what a run leaves behind: its record and its trace.
final class RunRecorder {
  let log: EventLog
  let recordPath: String?
  private let writer: RunRecordWriter?
  private let tracePath: String?
  private let devices: [String]

  init(cluster: Cluster, options: SimulationOptions) throws {
    devices = cluster.devices.map(\.name)
    recordPath = options.recordPath
    tracePath = options.tracePath
    let keepsRecords = tracePath != nil
    if let path = options.recordPath {
      let inputs = options.inputs ?? RunInputs(program: cluster.name, seed: options.seed)
      let writer = try RunRecordWriter(
        path: path, inputs: inputs, versions: .current, devices: devices, keepsRecords: keepsRecords)
      self.writer = writer
      log = writer.events
    } else {
      writer = nil
      log = try EventLog(keepsRecords: keepsRecords)
    }
  }

  /// Completes the record and the trace, also those of a run that failed.
  func finish(failure: SimulationFailure?, results: SimulationReport?) throws {
    if let tracePath { try writeTrace(to: tracePath) }
    guard let writer else { return }
    let status: RunStatus =
      switch failure {
      case nil: .complete
      case .interrupted: .interrupted
      case .some(let failure): .failed(reason: "\(failure)")
      }
    _ = try writer.finish(status: status, results: results)
  }

  private func writeTrace(to path: String) throws {
    let trace = try PerfettoTraceWriter(path: path, devices: devices)
    for record in log.records { try trace.append(record) }
    try trace.finish(names: log.names.names)
  }
}

extension RunVersions {
  static let current = RunVersions(uniference: UniferenceVersion.current, swift: UniferenceVersion.swift)
}

/// What this build is.
public enum UniferenceVersion {
  public static let current = "0.1.0"

  #if compiler(>=6.3)
    static let swift = "6.3"
  #else
    static let swift = "6.2"
  #endif
}
