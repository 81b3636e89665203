import Foundation
import Results
import TestSupport
import Testing

@testable import Reports

/// What a page shows of devices over time, and the critical path.
@Suite struct RunPageTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private struct Totals: Encodable {}

  private func record(ranks: Int, _ body: (RunRecordWriter) throws -> Void) throws -> RunRecord {
    let writer = try RunRecordWriter(
      path: folder.path + "/a.run", inputs: RunInputs(program: "p", seed: 1),
      versions: RunVersions(uniference: "0", swift: "6"), devices: (0..<ranks).map { "d\($0)" })
    try body(writer)
    return try writer.finish(status: .complete, results: Totals())
  }

  private func timeline(_ record: RunRecord) throws -> (DeviceTimeline, RunProfile) {
    var timeline = DeviceTimeline(record.manifest)
    let profile = try RunProfile(record) { timeline.append($0) }
    timeline.finish()
    return (timeline, profile)
  }

  /// Rounds in which ranks compute for random times and meet in an all-reduce, or pass a message on to the next rank.
  private func randomRecord(seed: UInt64, ranks: Int, rounds: Int) throws -> RunRecord {
    try record(ranks: ranks) { writer in
      var random = SplitMix(seed)
      let linear = try writer.events.names.index(of: "linear")
      let reduce = try writer.events.names.index(of: "all_reduce")
      let world = Int32(try writer.events.names.index(of: "world"))
      var clocks = Array(repeating: Int64(0), count: ranks)
      func compute(_ rank: Int) {
        let length = Int64(random.next() % 1_000_000) + 1
        writer.events.append(
          EventRecord(time: clocks[rank], duration: length, kind: .computation, name: linear, rank: UInt32(rank)))
        clocks[rank] += length
      }
      for _ in 0..<rounds {
        for rank in 0..<ranks { compute(rank) }
        let carried = Int64(random.next() % 500_000) + 1
        if random.next() % 2 == 0 {
          let end = (clocks.max() ?? 0) + carried
          for rank in 0..<ranks {
            writer.events.append(
              EventRecord(
                time: clocks[rank], duration: end - clocks[rank], bytes: 8, kind: .collective, name: reduce,
                rank: UInt32(rank), tag: world))
            clocks[rank] = end
          }
        } else {
          for rank in 1..<ranks {
            writer.events.append(
              EventRecord(
                time: clocks[rank - 1], duration: carried, bytes: 8, kind: .message, rank: UInt32(rank - 1),
                peer: UInt32(rank)))
            clocks[rank] = max(clocks[rank], clocks[rank - 1] + carried)
            compute(rank)
          }
        }
      }
      for rank in 0..<ranks {
        writer.events.append(EventRecord(time: clocks[rank], kind: .finished, rank: UInt32(rank)))
      }
    }
  }

  @Test("the critical path goes through who was last to call a collective")
  func theCriticalPathGoesThroughWhoWasLast() throws {
    let record = try record(ranks: 2) { writer in
      let linear = try writer.events.names.index(of: "linear")
      let reduce = try writer.events.names.index(of: "all_reduce")
      let world = Int32(try writer.events.names.index(of: "world"))
      func compute(_ start: Int64, _ end: Int64, _ rank: UInt32) {
        writer.events.append(
          EventRecord(time: start, duration: end - start, kind: .computation, name: linear, rank: rank))
      }
      compute(0, 10, 0)
      compute(0, 4, 1)
      for (start, rank) in [(Int64(10), UInt32(0)), (4, 1)] {
        writer.events.append(
          EventRecord(time: start, duration: 15 - start, kind: .collective, name: reduce, rank: rank, tag: world))
      }
      compute(15, 16, 0)
      compute(15, 20, 1)
    }
    let path = CriticalPath(try timeline(record).0)
    #expect(path.steps.map(\.rank) == [0, 1, 1])
    #expect(path.steps.map(\.start) == [0, 10, 15])
    #expect(path.steps.map(\.end) == [10, 15, 20])
    #expect(path.steps.map(\.activity) == [.computing, .network, .computing])
  }

  @Test("of random runs, stretches add up to the profile and the critical path has no gap", arguments: 0..<20)
  func stretchesAddUpAndThePathHasNoGap(seed: Int) throws {
    let ranks = 2 + seed % 4
    let record = try randomRecord(seed: UInt64(seed), ranks: ranks, rounds: 12)
    let (timeline, profile) = try timeline(record)
    for (rank, stretches) in timeline.stretches.enumerated() {
      for (first, second) in zip(stretches, stretches.dropFirst()) {
        #expect(first.end <= second.start, "seed \(seed)")
      }
      func sum(_ activity: DeviceTimeline.Activity) -> Double {
        Double(stretches.filter { $0.activity == activity }.reduce(0) { $0 + $1.end - $1.start }) / 1e12
      }
      let use = profile.devices[rank].use
      #expect(abs(sum(.computing) - use.computing_s) < 1e-12, "seed \(seed)")
      #expect(abs(sum(.waiting) - use.waiting_for_ranks_s) < 1e-12, "seed \(seed)")
      #expect(abs(sum(.network) - use.network_s) < 1e-12, "seed \(seed)")
    }
    let path = CriticalPath(timeline)
    #expect(path.steps.first?.start == 0 && path.steps.last?.end == timeline.end, "seed \(seed)")
    for (first, second) in zip(path.steps, path.steps.dropFirst()) {
      #expect(first.end == second.start, "seed \(seed)")
    }
    let summary = try CriticalPathSummary(path, timeline, of: record, unit: 1e-9)
    let whole = summary.parts.reduce(0) { $0 + $1.s }
    #expect(abs(whole - Double(timeline.end) / 1e12) < 1e-12, "seed \(seed)")
  }

  @Test("a time line of many stretches becomes cells within the limit, and keeps its time", arguments: [1, 2, 3])
  func aTimeLineOfManyStretchesKeepsItsTime(seed: UInt64) throws {
    let (timeline, profile) = try timeline(try randomRecord(seed: seed, ranks: 3, rounds: 400))
    let exact = TimelineCells(timeline, devices: ["a", "b", "c"])
    #expect(exact.merged_s == 0)
    #expect(exact.rows.reduce(0) { $0 + $1.start.count } == timeline.stretches.reduce(0) { $0 + $1.count })
    let merged = TimelineCells(timeline, devices: ["a", "b", "c"], cellLimit: 150)
    #expect(merged.merged_s > 0)
    #expect(merged.rows.reduce(0) { $0 + $1.start.count } <= 150)
    for (row, device) in zip(merged.rows, profile.devices) {
      let computing = zip(row.length, row.mix).reduce(0) { $0 + Double($1.0) * Double($1.1 % 101) / 100 }
      #expect(abs(computing * merged.unit_s - device.use.computing_s) < 0.02 * device.end_s, "seed \(seed)")
    }
  }

  @Test("a page is whole: no placeholder is left, and data cannot end its element")
  func aPageIsWhole() throws {
    let html = try ReportPage(.run, title: "a<b", data: ["name": "</script><b>{{style}}"]).html()
    #expect(html.contains("<title>a&lt;b · Uniference</title>"))
    #expect(html.contains(#"{"name":"\u003c/script>\u003cb>{{style}}"}"#))
    #expect(html.components(separatedBy: "</script>").count == 4)
  }
}
