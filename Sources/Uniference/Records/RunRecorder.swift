import Reports
import Results
import SimulationKernel

/// Writes what a run leaves behind: its record and its trace.
final class RunRecorder {
  let log: EventLog
  /// Where in their programs ranks were; `nil` where neither record nor trace is written, which would hold it.
  let spans: EventLog?
  /// What was measured of each tensor operation; `nil` where no record is written, which would hold it.
  let operations: OperationLog?
  private let writer: RunRecordWriter?
  private let trace: PerfettoTraceWriter?
  private let isWorthKeeping: () -> Bool
  private let attachments: [(name: String, bytes: () throws -> [UInt8])]

  init(cluster: Cluster, options: SimulationOptions) throws {
    let devices = cluster.devices.map(\.name)
    isWorthKeeping = options.isWorthKeeping
    attachments = options.attachments
    trace = try options.tracePath.map { try PerfettoTraceWriter(path: $0, devices: devices) }
    let keepsRecords = trace != nil
    if let path = options.recordPath {
      var inputs = options.inputs ?? RunInputs(program: cluster.name, seed: options.seed)
      inputs.compute = options.compute(on: cluster)
      inputs.clusterName = cluster.name
      let writer = try RunRecordWriter(
        path: path, inputs: inputs, versions: .current, devices: devices, keepsRecords: keepsRecords,
        keepsEarlier: options.keepsEarlierRecords)
      self.writer = writer
      log = writer.events
      spans = writer.spans
      operations = OperationLog()
      for log in [writer.events, writer.spans] {
        log.whenFailed = { [interruption = options.interruption] in interruption.request(.lostOutput("\($0)")) }
      }
    } else {
      writer = nil
      operations = nil
      log = try EventLog(keepsRecords: keepsRecords)
      spans = keepsRecords ? try EventLog(keepsRecords: true) : nil
    }
  }

  /// Completes the record and the trace, also those of a run that failed.
  ///
  /// - Parameter counters: what links carried, for the trace.
  /// - Returns: where the record is; `nil` where none is written.
  func finish(failure: SimulationFailure?, results: SimulationReport?, counters: [TraceCounter]) throws -> String? {
    guard failure != nil || isWorthKeeping() else {
      trace?.discard()
      writer?.discard()
      return nil
    }
    try writeTrace(counters)
    guard let writer else { return nil }
    let status: RunStatus =
      switch failure {
      case nil: .complete
      case .interrupted: .interrupted
      case .some(let failure): .failed(reason: "\(failure)")
      }
    if let operations, !operations.isEmpty { try writer.attach(OperationRecording.fileName, operations.bytes) }
    for attachment in attachments { try writer.attach(attachment.name, try attachment.bytes()) }
    return try writer.finish(status: status, results: results).path
  }

  private func writeTrace(_ counters: [TraceCounter]) throws {
    guard let trace else { return }
    for record in spans?.records ?? [] { try trace.append(record) }
    for record in log.records { try trace.append(record) }
    try trace.finish(names: log.names.names, spanNames: spans?.names.names ?? [], counters: counters)
  }
}

extension RunVersions {
  static let current = RunVersions(uniference: UniferenceVersion.current, swift: UniferenceVersion.swift)
}

/// What this build is.
public enum UniferenceVersion {
  /// The version of Uniference, as `uniference --version` prints it.
  public static let current = "0.1.0"

  #if compiler(>=6.3)
    static let swift = "6.3"
  #else
    static let swift = "6.2"
  #endif
}

extension SimulationOptions {
  /// What a record says of compute time: its basis, and the kernel tables that the devices go by.
  fileprivate func compute(on cluster: Cluster) -> RunCompute {
    var compute = basis(on: cluster).inputs
    guard compute.source == ComputeBasis.Source.roofline.rawValue else { return compute }
    var tables: [String] = []
    for device in cluster.devices {
      guard device.compute == .roofline, let kernels = device.kernelTables else { continue }
      let text = "\(device.kernels == .shipped ? "shipped" : kernels.path): \(kernels.deviceID), \(kernels.source)"
      if !tables.contains(text) { tables.append(text) }
    }
    compute.kernels = tables.isEmpty ? nil : tables
    return compute
  }
}
