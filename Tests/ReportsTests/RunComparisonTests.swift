import Foundation
import Results
import TestSupport
import Testing

@testable import Reports

@Suite("Comparing run records")
struct RunComparisonTests {
  private static let millisecond: Int64 = 1_000_000_000

  @Test("Times, ranks, markers and activities of both runs stand side by side")
  func figures() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    // The second run computes twice as long, communicates as long, and does something more.
    let first = try record(folder.path(of: "a.run"), computing: 4, communicating: 6, extra: false)
    let second = try record(folder.path(of: "b.run"), computing: 8, communicating: 6, extra: true)

    let comparison = try RunComparison(first, second)

    #expect(comparison.milestones.map(\.name) == ["whole run", "first token"])
    #expect(comparison.milestones[0].a_s == 0.010)
    #expect(comparison.milestones[0].b_s == 0.014)
    #expect(abs((comparison.milestones[0].accuracy ?? 0) - 10.0 / 14) < 1e-12)
    #expect(comparison.computing.map(\.a_s) == [0.004, 0.004])
    #expect(comparison.computing.map(\.b_s) == [0.009, 0.008])
    #expect(comparison.activities.map(\.time.name) == ["linear", "allReduce (world)", "silu"])
    #expect(comparison.activities.map(\.a_count) == [2, 2, 0])
    #expect(comparison.activities.map(\.b_count) == [2, 2, 1])
    #expect(comparison.activities[0].time.ratio == 2)
    #expect(comparison.activities[2].time.a_s == nil)
    #expect(comparison.text().contains("accuracy of 71.43%"))
    #expect(comparison.text(activityLimit: 1).contains("and 2 more"))
  }

  private func record(_ path: String, computing: Int64, communicating: Int64, extra: Bool) throws -> RunRecord {
    let writer = try RunRecordWriter(
      path: path, inputs: RunInputs(program: "test", seed: 0), versions: RunVersions(uniference: "0", swift: "6"),
      devices: ["a", "b"])
    let log = writer.events
    let (linear, allReduce, world) = (
      try log.names.index(of: "linear"), try log.names.index(of: "allReduce"), try log.names.index(of: "world")
    )
    for rank in UInt32(0)..<2 {
      log.append(
        EventRecord(
          time: 0, duration: computing * Self.millisecond, kind: .computation, name: linear, rank: rank))
    }
    if extra {
      log.append(
        EventRecord(
          time: 0, duration: Self.millisecond, kind: .computation, name: try log.names.index(of: "silu"), rank: 0))
    }
    for rank in UInt32(0)..<2 {
      log.append(
        EventRecord(
          time: computing * Self.millisecond, duration: communicating * Self.millisecond, kind: .collective,
          name: allReduce, rank: rank, tag: Int32(world)))
    }
    let marker = try log.names.index(of: "first token")
    log.append(EventRecord(time: 5 * Self.millisecond, kind: .marker, name: marker, rank: 0))
    return try writer.finish(status: .complete, results: ["total_s": 1.0])
  }
}
