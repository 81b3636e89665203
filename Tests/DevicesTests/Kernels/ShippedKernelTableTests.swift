import Foundation
import Quantities
import Testing

@testable import Devices

@Suite("Shipped kernel tables") struct ShippedKernelTableTests {
  static let devices = ["a100-sxm-80gb", "h100-sxm", "h200-sxm", "b200", "gb200", "l40s"]

  static func tables(_ id: String) throws -> KernelTables {
    try #require(try KernelTables.shipped(for: try DeviceCatalogue.device(id)))
  }

  @Test("each of the six devices has matrix products and both kinds of attention", arguments: devices)
  func contents(id: String) throws {
    let tables = try Self.tables(id)
    #expect(tables.deviceID == id)
    #expect(tables.source.contains("Apache-2.0"))
    for kind in [KernelKind.matrixMultiplication, .promptAttention, .decodingAttention] {
      #expect(tables.table(kind, .bfloat16) != nil, "\(kind)")
    }
    #expect(tables.table(.matrixMultiplication, .float16) == tables.table(.matrixMultiplication, .bfloat16))
    #expect(tables.table(.matrixMultiplication, .float32) == nil)
  }

  @Test("other devices have none")
  func otherDevicesHaveNone() throws {
    #expect(try KernelTables.shipped(for: try DeviceCatalogue.device("raspberry-pi-5")) == nil)
  }

  /// Mean accuracy of the times of a table of which one in five was left out before it was completed, and how many those
  /// were.
  static func leftOutAccuracy(_ tables: KernelTables, _ kind: KernelKind, seed: UInt64) throws -> (Double, Int) {
    let table = tables.header.tables[try #require(tables.table(kind, .bfloat16))]
    var random = SplitMix(seed: seed)
    var (sum, count) = (0.0, 0)
    for configuration in 0..<(table.configurations?.count ?? 1) {
      let measured = tables.logarithms(of: table, configuration)
      var rest = measured
      for place in measured.indices where Int.random(in: 0..<5, using: &random) == 0 { rest[place] = .nan }
      guard rest.contains(where: { !$0.isNaN }) else { continue }
      let grid = tables.makeGrid(table, configuration, from: rest)
      for place in measured.indices where rest[place].isNaN && !measured[place].isNaN {
        sum += 1 - abs(exp(grid.times[place] - measured[place]) - 1)
        count += 1
      }
    }
    return (sum / Double(count), count)
  }

  /// What each table reaches on the points left out, in percent. `Documentation/kernels.md` has the same figures.
  static let accuracies: [(id: String, products: Double, prompts: Double, decoding: Double)] = [
    ("a100-sxm-80gb", 95, 94.5, 93.7), ("h100-sxm", 96.8, 94.4, 92.7), ("h200-sxm", 96.8, 94.4, 93),
    ("b200", 95.1, 94.1, 93.7), ("gb200", 95, 94.2, 93.7), ("l40s", 92.7, 91.7, 85.3),
  ]

  @Test("one in five left out is predicted from the others", arguments: accuracies)
  func leftOut(expected: (id: String, products: Double, prompts: Double, decoding: Double)) throws {
    let tables = try Self.tables(expected.id)
    let seed: UInt64 = 5
    for (kind, least) in [
      (KernelKind.matrixMultiplication, expected.products), (.promptAttention, expected.prompts),
      (.decodingAttention, expected.decoding),
    ] {
      let (accuracy, count) = try Self.leftOutAccuracy(tables, kind, seed: seed)
      print("left out, \(expected.id) \(kind.rawValue): \(100 * accuracy)% of \(count), seed \(seed)")
      #expect(count > 800)
      #expect(100 * accuracy >= least, "\(expected.id) \(kind), seed \(seed)")
    }
  }

  @Test("matrix products with one in five left out are 95% right in the mean over the six devices")
  func leftOutMean() throws {
    let accuracies = try Self.devices.map {
      try Self.leftOutAccuracy(try Self.tables($0), .matrixMultiplication, seed: 11).0
    }
    #expect(accuracies.reduce(0, +) / Double(accuracies.count) >= 0.95)
  }
}
