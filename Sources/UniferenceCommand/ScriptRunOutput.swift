import Foundation
import Quantities
import Reports
import Uniference

/// What a run of a script has found, as `uniference run` prints it.
struct ScriptRunOutput: Encodable {
  let script: String
  let cluster: String
  let total_s: Double
  let wall_s: Double
  let messages: Int
  let bytes_sent: Int
  let energy_j: Double
  let devices: [SimulationReport.Device]
  let event_log_sha256: String
  let record: String?
  let trace: String?

  init(
    _ report: SimulationReport, script: String, cluster: String, wallTime: Duration, record: String?, trace: String?
  ) {
    self.script = script
    self.cluster = cluster
    total_s = report.total_s
    wall_s = wallTime.inSeconds
    messages = report.messages
    bytes_sent = report.bytes_sent
    energy_j = report.energy_j
    devices = report.devices
    event_log_sha256 = report.event_log_sha256
    self.record = record
    self.trace = trace
  }

  /// A line for each rank, and the sum.
  var text: String {
    var table = TextTable(columns: [
      .init("rank", .right), .init("device"), .init("computing", .right), .init("busy", .right),
      .init("sent", .right), .init("received", .right), .init("energy", .right),
    ])
    for (rank, device) in devices.enumerated() {
      table.append([
        "\(rank)", device.name, short(device.busy_s),
        total_s > 0 ? "\(formatNumber(100 * device.busy_s / total_s, significantDigits: 3))%" : "-",
        "\(DataSize(bytes: device.sent_bytes))", "\(DataSize(bytes: device.received_bytes))",
        "\(Energy(joules: device.energy_j))",
      ])
    }
    var lines = [
      "", table.rendered().trimmingCharacters(in: .newlines), "",
      "\(script) on \(cluster) would take \(short(total_s)); simulating it took \(short(wall_s)). "
        + "\(grouped(messages)) messages, \(DataSize(bytes: bytes_sent)) sent.",
    ]
    if let record { lines.append("Record of the run: \(record)") }
    if let trace { lines.append("Trace of the run: \(trace) (open it at ui.perfetto.dev)") }
    return lines.joined(separator: "\n")
  }

  private func short(_ seconds: Double) -> String { Duration.picoseconds(Int64(seconds * 1e12)).shortDescription }
}
