import Foundation
import Quantities

/// The ranks' devices as a cluster file lists them: neighbours that are alike stand in one entry.
struct DeviceEntries: Sendable {
  /// One entry of the file's list.
  struct Entry: Sendable {
    var name: String
    let host: MeasuredHost
    let firstRank: Int
    var count = 1
    /// Relative to the first device of the same kind.
    let speed: Double
    /// The figures of that one.
    let figures: [FittedValue]
  }

  private(set) var entries: [Entry] = []
  /// Measured and fitted times of kernels.
  private(set) var points: [FittedPoint] = []

  /// Speeds this close are the same.
  private static let tolerance = 0.05

  init(_ measurements: Measurements) throws {
    var firstOfKind: [String: Int] = [:]
    for (rank, host) in measurements.hosts.enumerated() {
      let kind = "\(host.processor), \(host.device), \(host.cores) cores, \(host.threads) threads"
      let first = firstOfKind[kind] ?? rank
      firstOfKind[kind] = first
      let ratio = Self.speed(of: rank, relativeTo: first, measurements)
      let speed = abs(ratio - 1) < Self.tolerance ? 1 : ratio
      if let last = entries.last, last.name == host.name, last.speed == speed, last.host.processor == host.processor {
        entries[entries.count - 1].count += 1
        continue
      }
      let fit = try DeviceFit(measurements, rank: first).solve(entry: entries.count)
      if rank == first { points += fit?.points ?? [] }
      entries.append(
        Entry(name: host.name, host: host, firstRank: rank, speed: speed, figures: fit?.values ?? []))
    }
    let names = Dictionary(grouping: entries, by: \.name).mapValues(\.count)
    for index in entries.indices where names[entries[index].name] ?? 1 > 1 {
      entries[index].name += "-rank\(entries[index].firstRank)"
    }
  }

  /// The middle of how much faster a device does the same kernels.
  private static func speed(of rank: Int, relativeTo first: Int, _ measurements: Measurements) -> Double {
    guard rank != first else { return 1 }
    let kernels = measurements.figures.filter { $0.kind == .kernel && $0.median_s > 0 }
    let ratios = kernels.filter { $0.ranks == [rank] }.compactMap { kernel in
      kernels.first {
        $0.ranks == [first] && $0.operation == kernel.operation && $0.shape == kernel.shape && $0.dtype == kernel.dtype
      }.map { $0.median_s / kernel.median_s }
    }.sorted()
    return ratios.isEmpty ? 1 : (ratios[ratios.count / 2] * 100).rounded() / 100
  }
}
