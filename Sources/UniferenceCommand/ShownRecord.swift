import Foundation
import Quantities
import Reports
import Results
import Uniference

/// What `uniference show` prints: what a run was, where its time went, its memory and its busiest links.
struct ShownRecord: Encodable {
  private let status: String
  private let reason: String?
  private let program: String
  private let model: String?
  private let arguments: [String]
  private let seed: UInt64
  private let versions: RunVersions
  private let compute: ComputeBasis?
  private let memory: [MemoryRow]?
  private let links: [SimulationReport.LinkUse]?
  private let used_links: Int?
  private let energy_j: Double?
  private let profile: RunProfile

  /// One device's memory when it held most.
  private struct MemoryRow: Encodable {
    let device: String
    let peak_bytes: Int
    let usable_bytes: Int?
    let held: [SimulationReport.MemoryUse]?
  }

  init(_ manifest: RunManifest, _ profile: RunProfile) {
    switch manifest.status {
    case .complete: (status, reason) = ("complete", nil)
    case .interrupted: (status, reason) = ("interrupted", nil)
    case .failed(let why): (status, reason) = ("failed", why)
    }
    program = manifest.inputs.program
    model = manifest.inputs.model
    arguments = manifest.inputs.arguments
    seed = manifest.inputs.seed
    versions = manifest.versions
    // Records of programs that were run for real, and of earlier versions, hold less.
    let report = (try? JSONEncoder().encode(manifest.results)).flatMap {
      try? JSONDecoder().decode(SimulationReport.self, from: $0)
    }
    compute = report?.compute
    links = report?.links
    used_links = report?.used_links
    energy_j = report?.energy_j
    let rows = report?.devices.filter { $0.peak_memory_bytes > 0 }.map {
      MemoryRow(
        device: $0.name, peak_bytes: $0.peak_memory_bytes, usable_bytes: $0.usable_memory_bytes, held: $0.peak_memory)
    }
    memory = rows.flatMap { $0.isEmpty ? nil : $0 }
    self.profile = profile
  }

  /// Tables for people.
  func text(_ format: TableFormat, limit: Int?) -> String {
    var parts = [head(format)]
    let own = [linkSection(limit), memorySection(limit)].compactMap(\.self)
    for section in profile.sections(limit: limit) + own {
      let more = section.omitted > 0 ? "and \(section.omitted) more; --all shows them\n" : ""
      parts.append("\(section.title)\n\n\(section.table.rendered(format))\(more)")
    }
    return parts.joined(separator: "\n").trimmingCharacters(in: .newlines)
  }

  private func head(_ format: TableFormat) -> String {
    let name = ([model ?? program] + arguments).joined(separator: " ")
    var lines = ["\(profile.record): \(name)"]
    lines.append(
      "\(status) after \(Duration.seconds(profile.total_s).shortDescription)\(reason.map { ": \($0)" } ?? "")")
    if let compute { lines.append("compute time \(compute.description)") }
    lines += compute?.warnings.map { "warning: \($0)" } ?? []
    return lines.map { format.wrapped($0) }.joined(separator: "\n") + "\n"
  }

  private func linkSection(_ limit: Int?) -> RunProfile.Section? {
    guard let links, !links.isEmpty else { return nil }
    var table = TextTable(columns: [
      .init("link"), .init("carried", .right), .init("rate", .right, leftOut: 1), .init("of its capacity", .right),
    ])
    for link in links.prefix(limit ?? .max) {
      table.append([
        link.name, DataSize(bytes: Int(link.bytes.rounded())).description,
        Bandwidth(bytesPerSecond: link.bytes_per_second).description,
        link.share_of_capacity < 1e-4
          ? "<0.01%" : "\(formatNumber(100 * link.share_of_capacity, significantDigits: 3))%",
      ])
    }
    let count = used_links ?? links.count
    return RunProfile.Section("Busiest links", table, omitted: max(0, count - min(links.count, limit ?? .max)))
  }

  private func memorySection(_ limit: Int?) -> RunProfile.Section? {
    guard let memory else { return nil }
    var table = TextTable(columns: [
      .init("device"), .init("most in use", .right), .init("of", .right), .init("weights", .right),
      .init("KV cache", .right, leftOut: 2), .init("activations", .right, leftOut: 1),
    ])
    for row in memory.prefix(limit ?? .max) {
      let weights = sum(row) { $0.hasSuffix("weights") }
      let cache = sum(row) { $0 == "key-value cache" }
      table.append([
        row.device, size(row.peak_bytes), row.usable_bytes.map(size) ?? "-", weights.map(size) ?? "-",
        cache.map(size) ?? "-", weights.flatMap { weights in cache.map { size(row.peak_bytes - weights - $0) } } ?? "-",
      ])
    }
    return RunProfile.Section("Memory when most was in use", table, omitted: max(0, memory.count - (limit ?? .max)))
  }

  private func sum(_ row: MemoryRow, where isIncluded: (String) -> Bool) -> Int? {
    row.held.map { $0.filter { isIncluded($0.label) }.reduce(0) { $0 + $1.bytes } }
  }

  private func size(_ bytes: Int) -> String { DataSize(bytes: bytes).description }
}
