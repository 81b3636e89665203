import Documents
import Foundation
import TestSupport
import Testing

@testable import Sweeps

@Suite struct SweepDatabaseTests {
  private static func point(_ setting: String) throws -> SweepPoint {
    SweepPoint(number: 0, settings: [try DocumentOverride(parsing: setting)], seed: 7, texts: ["scenario"])
  }

  @Test("rows hold what was set and predicted, and columns come as they are needed")
  func rowsHoldWhatWasSetAndPredicted() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let database = try SweepDatabase(path: folder.path(of: "sweep.db"))
    let first = PointResult(metrics: [("total_s", .number(1.5)), ("model", .text("m"))], seconds: 0.1)
    let second = PointResult(metrics: [("energy_j", .number(3))], seconds: 0.1)
    try database.write(Self.point("a.b=1 Gbps"), of: "s", scenario: "s.yaml", first)
    try database.write(Self.point("a.b=2"), of: "s", scenario: "s.yaml", second)
    try database.write(Self.point("a.b=2"), of: "other", scenario: "s.yaml", PointResult(error: "no"))
    let rows = try database.rows(of: "s")
    #expect(rows.map { $0["a.b"] } == [.text("1 Gbps"), .number(2)])
    #expect(rows.map { $0["total_s"] } == [.number(1.5), .nothing])
    #expect(rows.map { $0["energy_j"] } == [.nothing, .number(3)])
    #expect(rows.map { $0["seed"] } == [.number(7), .number(7)])
    #expect(try database.rows(of: "s", where: "energy_j > 2").count == 1)
    #expect(try database.rows(of: "s", orderedBy: "energy_j desc", limit: 1).map { $0["a.b"] } == [.number(2)])
    #expect(try database.rows(of: "other").map { $0["error"] } == [.text("no")])
    #expect(try database.endedKeys(of: "other", withFailed: false).isEmpty)
    #expect(try database.endedKeys(of: "other", withFailed: true).count == 1)
  }

  @Test("points differ by what is set, by the seed, and by the files")
  func pointsDifferByWhatIsSet() throws {
    let setting = try DocumentOverride(parsing: "a=1")
    let keys = [
      SweepPoint(number: 0, settings: [setting], seed: 0, texts: ["x", "y"]),
      SweepPoint(number: 0, settings: [setting], seed: 1, texts: ["x", "y"]),
      SweepPoint(number: 0, settings: [setting], seed: 0, texts: ["xy"]),
      SweepPoint(number: 0, settings: [], seed: 0, texts: ["x", "y"]),
    ].map(\.key)
    #expect(Set(keys).count == keys.count)
    #expect(keys[0] == SweepPoint(number: 0, settings: [setting], seed: 0, texts: ["x", "y"]).key)
  }

  @Test("files that are none are told in a line")
  func filesThatAreNoneAreToldInALine() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let path = folder.path(of: "text.db")
    try folder.write(String(repeating: "no database ", count: 100), to: "text.db")
    let error = #expect(throws: SweepDatabaseError.self) { try SweepDatabase(path: path) }
    #expect(error?.description == "\(path): is no SQLite file; name another one by --database")
    #expect(try String(contentsOfFile: path, encoding: .utf8).hasPrefix("no database"))
    let missing = #expect(throws: SweepDatabaseError.self) { try SweepDatabase(path: folder.path(of: "none/x.db")) }
    #expect(missing?.description.hasPrefix("\(folder.path)/none/x.db: cannot be written: ") == true)
  }

  @Test("a file that is damaged in the middle never ends the program", arguments: 0..<100 as Range<UInt64>)
  func aFileThatIsDamagedNeverEndsTheProgram(seed: UInt64) throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let path = folder.path(of: "sweep.db")
    for number in 0..<20 {
      let result = PointResult(metrics: [("total_s", .number(Double(number)))])
      try SweepDatabase(path: path).write(Self.point("a=\(number)"), of: "s", scenario: "s.yaml", result)
    }
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    var random = Mutations.Random(seed: seed)
    for _ in 0..<50 {
      bytes[Int.random(in: 100..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
    }
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    do {
      let database = try SweepDatabase(path: path)
      _ = try database.rows(of: "s")
      try database.write(Self.point("a=new"), of: "s", scenario: "s.yaml", PointResult())
    } catch {
      #expect(!"\(error)".contains("\n") && "\(error)".hasPrefix(path), "seed \(seed)")
    }
  }

  @Test("SQL that is none is told with the columns' quotation marks")
  func sqlThatIsNoneIsTold() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let database = try SweepDatabase(path: folder.path(of: "sweep.db"))
    let error = #expect(throws: SweepDatabaseError.self) { try database.rows(of: "s", where: "nonsense > 1") }
    #expect(error?.description.contains("--where or --order-by: no such column: nonsense") == true)
  }
}

@Suite struct PredictedMetricsTests {
  @Test("objects and lists of numbers become columns")
  func objectsAndListsOfNumbersBecomeColumns() throws {
    let text =
      #"{"total_s": 1.5, "fits": true, "a": {"b": {"c": "x"}}, "peak": [1, 3, 2], "names": ["y"], "verdict": "z"}"#
    let columns = try #require(PredictedMetrics(json: text)).columns
    #expect(columns.map(\.name) == ["a.b.c", "fits", "peak.max", "total_s"])
    #expect(columns.map(\.value) == [.text("x"), .number(1), .number(3), .number(1.5)])
    #expect(PredictedMetrics(json: "no JSON") == nil)
  }
}
