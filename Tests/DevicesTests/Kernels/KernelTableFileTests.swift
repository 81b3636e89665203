import Foundation
import Testing

@testable import Devices

@Suite("Files of kernel tables") struct KernelTableFileTests {
  /// Two rows, two columns and two inner sizes.
  static let small = KernelTableBytes(
    cells: [1, 2, 2, 4, 2, 4, nil, 8], axes: [("rows", [1, 64]), ("columns", [128, 256]), ("inner", [128, 256])])

  private func error(of bytes: Data) throws -> String {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("kernels-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("own.kernels")
    try bytes.write(to: path)
    do {
      _ = try KernelTables(contentsOf: path.path)
      return "no error"
    } catch {
      #expect(!error.description.contains("\n"))
      return error.description.replacingOccurrences(of: path.path, with: "FILE")
    }
  }

  @Test("times are read as they were written")
  func timesAreRead() throws {
    let tables = try KernelTables(contentsOf: try Self.small.write())
    #expect(tables.deviceID == "h100-sxm")
    let logarithms = tables.logarithms(of: tables.header.tables[0], 0)
    let expected: [Double?] = Self.small.cells
    for (found, expected) in zip(logarithms, expected) {
      if let expected { #expect(abs(exp(found) / 1e6 - expected) < 1e-3) } else { #expect(found.isNaN) }
    }
    #expect(tables.contents[0].pointCount == 7)
    #expect(tables.contents[0].sizes.map(\.count) == [2, 2, 2])
  }

  @Test("grids of one configuration among several are found in the middle of a byte")
  func configurations() throws {
    let bytes = KernelTableBytes(
      cells: [1, nil, 3, nil, 5, 6, nil, 8, 9], kind: "decoding_attention",
      axes: [("batch", [1]), ("length", [1, 2, 4])],
      configurations: [[8, 8, 64], [16, 4, 64], [32, 8, 128]])
    let tables = try KernelTables(contentsOf: try bytes.write())
    let expected: [[Double?]] = [[1, nil, 3], [nil, 5, 6], [nil, 8, 9]]
    for (configuration, expected) in expected.enumerated() {
      let found = tables.logarithms(of: tables.header.tables[0], configuration)
      #expect(found.map { $0.isNaN ? nil : (exp($0) / 1e6).rounded() } == expected)
    }
  }

  @Test("every way of being cut short is found")
  func truncated() throws {
    let whole = Self.small.data
    for count in [24, 30, whole.count / 2, whole.count - 1] {
      #expect(
        try error(of: whole.prefix(count))
          == "FILE: it is truncated: it has \(count) bytes, its header says \(whole.count); copy or import it again")
    }
    for count in [0, 4, 8, 23] {
      #expect(
        try error(of: whole.prefix(count))
          == "FILE: it is not a file of kernel tables (uniference devices import makes them)")
    }
    #expect(try error(of: whole + Data([0])).contains("something follows its end"))
  }

  @Test("one line says what is wrong")
  func faults() throws {
    var bytes = Self.small
    bytes.version = 2
    #expect(
      try error(of: bytes.data)
        == "FILE: its version is 2, but this program reads version 1; import the tables again")
    bytes.version = 1
    bytes.overrides = ["points": 6]
    #expect(try error(of: bytes.data).contains("has 6 points and 15 bytes, which do not belong together"))
    bytes.overrides = ["offset": 8]
    #expect(try error(of: bytes.data).contains("lies outside of the file's 15 bytes of times"))
    bytes.overrides = ["axes": [["name": "rows", "values": [1, 2]] as [String: any Sendable]]]
    #expect(try error(of: bytes.data).contains("has the axes rows; it must have rows, columns, inner"))
    bytes.overrides = ["step": -1.0]
    #expect(try error(of: bytes.data).contains("shortest_us and step must be positive"))
    bytes.overrides = ["kind": "convolution"]
    #expect(try error(of: bytes.data) == "FILE: its header cannot be read; import the tables again")
    bytes.overrides = [:]
    bytes.axes[0].values = [64, 64]
    #expect(try error(of: bytes.data).contains("the values of rows must be 1 to 4096 positive numbers that increase"))
    var damaged = Self.small.data
    damaged[damaged.count - 15] = 0xFF
    #expect(try error(of: damaged).contains("is damaged"))
    #expect(try error(of: Data("devices:\n".utf8)).contains("it is not a file of kernel tables"))
  }

  @Test("tables of another device are refused")
  func anotherDevice() throws {
    let tables = try KernelTables(contentsOf: try Self.small.write())
    try tables.check(isOf: try DeviceCatalogue.device("h100-sxm"))
    let device = try DeviceCatalogue.device("l40s")
    #expect(throws: KernelTableError.self) { try tables.check(isOf: device) }
    do { try tables.check(isOf: device) } catch {
      #expect(
        error.description
          == "\(tables.path): its tables are of h100-sxm, the device is l40s; give tables of that device")
    }
  }

  @Test("random bytes never end the program", arguments: 0..<60)
  func randomBytes(seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    var bytes = Self.small.data
    for _ in 0..<Int.random(in: 1...6, using: &random) {
      bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
    }
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("kernels-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("own.kernels")
    try bytes.write(to: path)
    // What remains a table gives times, all of them positive.
    guard let tables = try? KernelTables(contentsOf: path.path) else { return }
    for table in tables.header.tables.indices {
      let configurations = tables.header.tables[table].configurations?.count ?? 1
      for configuration in 0..<configurations {
        let grid = tables.grid(of: table, configuration: configuration)
        #expect(grid.times.allSatisfy { !$0.isNaN }, "seed \(seed)")
      }
    }
  }
}
