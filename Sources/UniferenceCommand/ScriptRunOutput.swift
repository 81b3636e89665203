import Foundation
import PyTorchBridge
import Quantities
import Reports
import Uniference

/// What a run of a script has found, as `uniference run` prints it.
struct ScriptRunOutput: Encodable {
  let script: String
  let cluster: String
  let total_s: Double
  /// Until every rank has its process group: mostly Python's own start and imports.
  let start_s: Double?
  /// From then until the last rank has destroyed it.
  let main_s: Double?
  /// From then until the last rank has ended.
  let end_s: Double?
  let wall_s: Double
  let messages: Int
  let bytes_sent: Int
  let energy_j: Double
  let compute: ComputeBasis
  let energy_basis: String
  let devices: [SimulationReport.Device]
  let event_log_sha256: String
  let record: String?
  let trace: String?

  init(
    _ report: SimulationReport, _ basis: ComputeBasis, script: String, cluster: String, wallTime: Duration,
    trace: String?
  ) {
    self.script = script
    self.cluster = cluster
    total_s = report.total_s
    let spans = ScriptSpans(report)
    start_s = spans?.start
    main_s = spans?.main
    end_s = spans?.end
    wall_s = wallTime.inSeconds
    messages = report.messages
    bytes_sent = report.bytes_sent
    energy_j = report.energy_j
    compute = basis
    energy_basis = basis.energyDescription
    devices = report.devices
    event_log_sha256 = report.event_log_sha256
    record = report.record
    self.trace = trace
  }

  /// A line for each rank, and the sum.
  func text(_ format: TableFormat) -> String {
    var lines = ["", table.rendered(format).trimmingCharacters(in: .newlines), ""]
    lines.append(
      format.wrapped("\(script) on \(cluster) would take \(short(total_s)), compute time \(compute.description)."))
    if let spans { lines.append(format.wrapped(spans)) }
    lines.append(format.wrapped(energy_basis))
    lines.append(
      "\(grouped(messages)) messages, \(DataSize(bytes: bytes_sent)) sent. Simulating it took \(short(wall_s)).")
    if let record { lines.append("Record of the run: \(record)") }
    if let trace { lines.append("Trace of the run: \(trace) (open it at ui.perfetto.dev)") }
    lines += compute.warnings.map { format.wrapped("warning: \($0)") }
    return lines.joined(separator: "\n")
  }

  private var spans: String? {
    guard let start_s, let main_s, let end_s else { return nil }
    return """
      \(short(start_s)) of it until every rank had its process group (Python, imports), \(short(main_s)) with it, \
      \(short(end_s)) after destroy_process_group.
      """
  }

  /// Where scripts have made a process group, computing and busy are those of the time with it.
  private var table: TextTable {
    let hasPhases = start_s != nil
    var columns = [TextTable.Column("rank", .right), .init("device")]
    if hasPhases { columns.append(.init("start", .right)) }
    columns += [.init("computing", .right), .init("busy", .right)]
    if hasPhases { columns.append(.init("end", .right)) }
    let hasMemory = devices.contains { $0.peak_memory_bytes > 0 }
    if hasMemory { columns.append(.init("memory", .right)) }
    columns += [.init("sent", .right, leftOut: 2), .init("received", .right, leftOut: 1), .init("energy", .right)]
    var table = TextTable(columns: columns)
    for (rank, device) in devices.enumerated() {
      let phases = ScriptPhases(device, total: total_s)
      var cells = ["\(rank)", device.name]
      if hasPhases { cells.append(short(phases.start)) }
      cells += [
        short(phases.busy),
        phases.main > 0 ? "\(formatNumber(100 * phases.busy / phases.main, significantDigits: 3))%" : "-",
      ]
      if hasPhases { cells.append(short(phases.end)) }
      if hasMemory { cells.append("\(DataSize(bytes: device.peak_memory_bytes))") }
      cells += [
        "\(DataSize(bytes: device.sent_bytes))", "\(DataSize(bytes: device.received_bytes))",
        "\(Energy(joules: device.energy_j))",
      ]
      table.append(cells)
    }
    return table
  }

  private func short(_ seconds: Double) -> String { Duration.picoseconds(Int64(seconds * 1e12)).shortDescription }
}

/// How long one rank's script was in each phase, in seconds; all of it in the main one where it has made no group.
private struct ScriptPhases {
  var start = 0.0
  var main = 0.0
  var end = 0.0
  /// Time spent computing in the main phase.
  var busy = 0.0

  init(_ device: SimulationReport.Device, total: Double) {
    let phases = device.phases ?? []
    guard let first = phases.first(where: { $0.name == ScriptPhase.main.rawValue }) else {
      (main, busy) = (total, device.busy_s)
      return
    }
    // A script may make and destroy its group several times: what lies between belongs to the main phase.
    let last = phases.last { $0.name == ScriptPhase.main.rawValue } ?? first
    start = first.start_s
    main = last.end_s - first.start_s
    end = (phases.last?.end_s ?? last.end_s) - last.end_s
    busy = phases.filter { $0.start_s >= first.start_s && $0.end_s <= last.end_s }.reduce(0) { $0 + $1.busy_s }
  }
}

/// The same of all ranks together.
private struct ScriptSpans {
  let start: Double
  let main: Double
  let end: Double

  /// - Returns: `nil` where no rank has made a process group.
  init?(_ report: SimulationReport) {
    let mains = report.devices.compactMap { $0.phases?.filter { $0.name == ScriptPhase.main.rawValue } }
    guard let began = mains.compactMap(\.first?.start_s).max(), let ended = mains.compactMap(\.last?.end_s).max()
    else { return nil }
    (start, main, end) = (began, ended - began, report.total_s - ended)
  }
}
