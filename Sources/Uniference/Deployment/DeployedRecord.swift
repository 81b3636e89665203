import Foundation
import Results

/// The run record of a deployment: what all ranks have seen, brought together on the first of them.
struct DeployedRecord {
  private let options: DeploymentOptions
  private let names: [String]

  /// What one rank contributes beside its events.
  private struct Part: Codable {
    let names: [String]
    let operations: String
    let device: Results.Device
  }

  /// The run's summary, as that of a simulation.
  struct Results: Encodable {
    struct Device: Codable {
      let name: String
      let busy_s: Double
      let peak_memory_bytes: Int
      let flops: Double
      let end_s: Double
    }

    let total_s: Double
    let devices: [Device]
  }

  /// - Parameter names: each world rank's device.
  init(_ options: DeploymentOptions, names: [String]) {
    self.options = options
    self.names = names
  }

  /// Gathers all ranks' parts; the first one writes them.
  func write(
    _ events: DeployedEvents, _ report: DeploymentReport, peers: any Communicator, on device: any TensorDevice
  ) async throws {
    if let failure = events.failure { throw failure }
    let part = Part(
      names: events.log.names.names, operations: events.operations.text,
      device: Results.Device(
        name: names[report.rank], busy_s: report.busy.inSeconds, peak_memory_bytes: report.peakMemory.bytes,
        flops: report.flops, end_s: report.total.inSeconds))
    let parts = try await gathered([UInt8](JSONEncoder().encode(part)), by: peers, on: device)
    let logs = try await gathered(EventRecord.bytes(of: events.log.records), by: peers, on: device)
    guard peers.rank == 0, let path = options.recordPath else { return }
    try write(
      parts.map { try JSONDecoder().decode(Part.self, from: Data($0)) }, logs.map(EventRecord.records(in:)), to: path)
  }

  private func write(_ parts: [Part], _ logs: [[EventRecord]], to path: String) throws {
    let inputs = options.inputs ?? RunInputs(program: "program", seed: options.seed)
    let writer = try RunRecordWriter(path: path, inputs: inputs, versions: .current, devices: names)
    var events: [EventRecord] = []
    for (part, log) in zip(parts, logs) {
      let indices = try part.names.map { try writer.events.names.index(of: $0) }
      events += log.map { record in
        var record = record
        record.name = indices[Int(record.name)]
        if record.kind == .collective { record.tag = Int32(indices[Int(record.tag)]) }
        return record
      }
    }
    for event in events.sorted(by: { ($0.time, $0.rank) < ($1.time, $1.rank) }) { writer.events.append(event) }
    let operations = parts.map(\.operations).joined()
    if !operations.isEmpty {
      try writer.attach(OperationRecording.fileName, Array((OperationRecording.header + "\n" + operations).utf8))
    }
    let devices = parts.map(\.device)
    try writer.finish(
      status: .complete, results: Results(total_s: devices.map(\.end_s).max() ?? 0, devices: devices))
  }

  /// Everybody's bytes.
  private func gathered(_ bytes: [UInt8], by peers: any Communicator, on device: any TensorDevice) async throws
    -> [[UInt8]]
  {
    let counts = try await peers.allGather(
      Tensor([bytes.count], shape: [1], on: device, label: "record"), axis: 0
    ).integers()
    let own = try Tensor(uninitialized: [bytes.count], elementType: .uint8, on: device, label: "record")
    try bytes.withUnsafeBytes { try device.write($0, to: own) }
    let all = try await peers.allGather(own, axis: 0, counts: counts)
    var joined = [UInt8](repeating: 0, count: all.elementCount)
    try joined.withUnsafeMutableBytes { try device.read(all, as: .uint8, into: $0) }
    var start = 0
    return counts.map { count in
      defer { start += count }
      return Array(joined[start..<start + count])
    }
  }
}
