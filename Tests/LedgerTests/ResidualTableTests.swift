import Devices
import Foundation
import SimulationKernel
import Testing

@testable import Ledger

@Suite("Intervals from residuals")
struct ResidualTableTests {
  private static let generation = PredictionClass(hardware: .datacentreGPU, quantity: .generation, devices: .one)

  @Test("a residual is the same for a time and for its rate, and for too long and too short by one factor")
  func residuals() {
    let residual = ResidualTable.residual(measured: 2, predicted: 1.6)
    #expect(abs(residual - ResidualTable.residual(measured: 1 / 2, predicted: 1 / 1.6)) < 1e-12)
    #expect(abs(residual - ResidualTable.residual(measured: 1.6, predicted: 2)) < 1e-12)
    #expect(abs(residual - log(1.25)) < 1e-12)
  }

  @Test("of n residuals, the ceil(0.9 (n + 1))-th is the interval's")
  func quantile() throws {
    for count in 9...60 {
      let residuals = (1...count).map { Double($0) / 100 }
      let table = ResidualTable(residuals.shuffled().map { (Self.generation, $0) })
      let interval = try #require(table.interval(around: 10, of: Self.generation))
      let place = (1...count).first { 10 * $0 >= 9 * (count + 1) } ?? count
      #expect(abs(interval.high - 10 * exp(Double(place) / 100)) < 1e-9)
      #expect(abs(interval.low - 10 / exp(Double(place) / 100)) < 1e-9)
      #expect(interval.count == count)
    }
  }

  @Test("residuals of the same quantity stand in where there are few, but not for hardware without any")
  func pools() throws {
    let many = Array(repeating: (Self.generation, 0.1), count: 12)
    let jetson = PredictionClass(hardware: .jetson, quantity: .generation, devices: .one)
    let phone = PredictionClass(hardware: .phone, quantity: .generation, devices: .one)
    let table = ResidualTable(many + [(jetson, 0.5)])
    #expect(table.interval(around: 1, of: Self.generation)?.basis == "generation on one device, datacentre GPU")
    let pooled = try #require(table.interval(around: 1, of: jetson))
    #expect(pooled.basis == "generation on one device")
    #expect(pooled.count == 13)
    #expect(table.interval(around: 1, of: phone) == nil)
    let several = PredictionClass(hardware: .jetson, quantity: .generation, devices: .several)
    #expect(table.interval(around: 1, of: several)?.basis == "generation")
    let collective = PredictionClass(hardware: .jetson, quantity: .collective, devices: .several)
    #expect(table.interval(around: 1, of: collective) == nil)
  }

  @Test("of left-out residuals of any distribution, 85 to 95% lie inside", arguments: [3, 17, 2026])
  func coverage(seed: UInt64) throws {
    print("seed \(seed)")
    var random = RandomStream(seed: seed, stream: 0)
    func uniform() -> Double { (Double(random.next() >> 11) + 0.5) / Double(1 << 53) }
    var residuals: [(PredictionClass, Double)] = []
    for hardware in [HardwareKind.datacentreGPU, .consumerGPU, .appleGPU] {
      for quantity in PredictionClass.Quantity.allCases {
        let aClass = PredictionClass(hardware: hardware, quantity: quantity, devices: .one)
        // Heavy tails: some predictions are off by a factor.
        let count = 10 + Int(uniform() * 60)
        residuals += (0..<count).map { _ in (aClass, 0.05 * pow(1 / uniform() - 1, 0.8)) }
      }
    }
    let table = ResidualTable(residuals)
    #expect(table.coverage.count == residuals.count)
    #expect((0.85...0.95).contains(try #require(table.coverage.share)))
  }

  @Test("a table is the same after it has been written and read; others are refused with what to do")
  func files() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("uniference-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("residuals.json").path
    let table = ResidualTable([(Self.generation, 0.25), (Self.generation, 0.125)])
    try JSONEncoder().encode(table).write(to: URL(fileURLWithPath: path))
    #expect(try ResidualTable(contentsOf: path) == table)
    let newer = "{\"format\": \"uniference residuals\", \"version\": 2, \"level\": 0.9, \"classes\": []}"
    for text in ["", "{}", "[1]", newer] {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
      let error = #expect(throws: LedgerError.self) { try ResidualTable(contentsOf: path) }
      #expect(
        error?.description
          == "\(path) is no table of residuals; write it anew by: uniference validate published --update")
    }
  }
}
