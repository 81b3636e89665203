import Foundation
import Results
import TestSupport
import Testing

@testable import Reports

/// Where a run's time went, of records made by hand.
@Suite struct RunProfileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private struct Totals: Encodable {}

  /// Two ranks: a prompt's pass of two layers with an all-reduce in each, and a message in another phase. In microseconds.
  private func record(withSpans: Bool = true) throws -> RunRecord {
    let writer = try RunRecordWriter(
      path: folder.path + "/a.run", inputs: RunInputs(program: "p", seed: 1),
      versions: RunVersions(uniference: "0", swift: "6"), devices: ["a", "b"])
    let us: Int64 = 1_000_000
    let linear = try writer.events.names.index(of: "linear")
    let add = try writer.events.names.index(of: "add")
    let reduce = try writer.events.names.index(of: "all_reduce")
    let world = Int32(try writer.events.names.index(of: "world"))
    func compute(_ start: Int64, _ length: Int64, _ name: UInt16, _ rank: UInt32) {
      writer.events.append(
        EventRecord(time: start * us, duration: length * us, kind: .computation, name: name, rank: rank))
    }
    func collective(_ start: Int64, _ end: Int64, _ rank: UInt32) {
      writer.events.append(
        EventRecord(
          time: start * us, duration: (end - start) * us, bytes: 64, kind: .collective, name: reduce, rank: rank,
          tag: world))
    }
    // Rank 0 is twice as fast; each all-reduce takes 2 us from the last one's call.
    compute(0, 2, linear, 0)
    compute(0, 4, linear, 1)
    collective(2, 6, 0)
    collective(4, 6, 1)
    compute(6, 2, linear, 0)
    compute(6, 4, linear, 1)
    collective(8, 12, 0)
    collective(10, 12, 1)
    compute(12, 1, add, 0)
    writer.events.append(EventRecord(time: 13 * us, duration: 3 * us, bytes: 8, kind: .message, rank: 0, peer: 1))
    compute(16, 1, add, 1)
    writer.events.append(EventRecord(time: 13 * us, kind: .finished, rank: 0))
    writer.events.append(EventRecord(time: 17 * us, kind: .finished, rank: 1))
    if withSpans {
      let prefill = try writer.spans.names.index(of: "prefill")
      let decode = try writer.spans.names.index(of: "decode")
      let layer = try writer.spans.names.index(of: "layer")
      func span(_ kind: EventKind, _ start: Int64, _ end: Int64, _ name: UInt16, _ rank: UInt32, tag: Int32 = 0) {
        writer.spans.append(
          EventRecord(time: start * us, duration: (end - start) * us, kind: kind, name: name, rank: rank, tag: tag))
      }
      for rank in [UInt32(0), 1] {
        // Inner spans end, and are logged, before outer ones.
        span(.layer, 0, 6, layer, rank, tag: 0)
        span(.layer, 6, 12, layer, rank, tag: 1)
        span(.phase, 0, 12, prefill, rank)
        span(.phase, 12, rank == 0 ? 13 : 17, decode, rank)
      }
    }
    return try writer.finish(status: .complete, results: Totals())
  }

  private func microseconds(_ seconds: Double) -> Double { (seconds * 1e9).rounded() / 1e3 }

  @Test("a device's time is computing, waiting and network")
  func devicesTimeIsComputingWaitingAndNetwork() throws {
    let profile = try RunProfile(record())
    #expect(microseconds(profile.total_s) == 17)
    let uses = profile.devices.map { device in
      [device.use.computing_s, device.use.waiting_for_ranks_s, device.use.network_s, device.use.other_s].map(
        microseconds)
    }
    #expect(uses == [[5, 4, 4, 0], [9, 1, 7, 0]])
    #expect(profile.devices.map { microseconds($0.end_s) } == [13, 17])
    for device in profile.devices { #expect(abs(device.use.total_s - device.end_s) < 1e-12) }
  }

  @Test("phases get their part of everything")
  func phasesGetTheirPartOfEverything() throws {
    let phases = try RunProfile(record()).phases
    #expect(phases.map(\.name) == ["prefill", "decode"])
    #expect(phases.map { [microseconds($0.start_s), microseconds($0.end_s)] } == [[0, 12], [12, 17]])
    #expect(phases.map(\.ranks) == [2, 2])
    #expect(phases.map { microseconds($0.rank_s) } == [24, 6])
    #expect(phases.map { microseconds($0.use.computing_s) } == [12, 2])
    #expect(phases.map { microseconds($0.use.waiting_for_ranks_s) } == [4, 1])
    #expect(phases.map { microseconds($0.use.network_s) } == [8, 3])
    for phase in phases { #expect(abs(phase.use.total_s - phase.rank_s) < 1e-12) }
  }

  @Test("layers, operations and collectives are counted")
  func layersOperationsAndCollectivesAreCounted() throws {
    let profile = try RunProfile(record())
    #expect(profile.layers.map { [$0.number, $0.count] } == [[0, 2], [1, 2]])
    #expect(profile.layers.map { [microseconds($0.rank_s), microseconds($0.computing_s)] } == [[12, 6], [12, 6]])
    #expect(profile.layers.map(\.devices) == [["a", "b"], ["a", "b"]])
    #expect(
      profile.operations.map { "\($0.phase) \($0.name) \($0.count) \(microseconds($0.rank_s))" }
        == ["prefill linear 4 12.0", "decode add 2 2.0"])
    #expect(
      profile.communication.map {
        "\($0.phase) \($0.name) \($0.group) \($0.count) \($0.bytes) \(microseconds($0.rank_s))"
      }
        == ["prefill all_reduce world 4 256 12.0", "decode send and receive  1 8 3.0"])
    #expect(profile.communication.map { microseconds($0.waiting_for_ranks_s) } == [4, 1])
    #expect(profile.communication.map { microseconds($0.network_s) } == [8, 3])
    #expect(
      profile.waits.map { "\($0.rank) for \($0.for_rank) in \($0.in_operation) \(microseconds($0.rank_s))" }
        == ["0 for 1 in all_reduce 4.0", "1 for 0 in receive 1.0"])
  }

  @Test("older records show what they hold")
  func olderRecordsShowWhatTheyHold() throws {
    let profile = try RunProfile(record(withSpans: false))
    #expect(profile.phases.isEmpty && profile.layers.isEmpty && profile.calls.isEmpty)
    #expect(profile.operations.map { "\($0.phase)\($0.name)" } == ["linear", "add"])
    #expect(profile.sections().map(\.title).count == 4)
  }

  @Test("calls know what was computed before them")
  func callsKnowWhatWasComputedBeforeThem() throws {
    let writer = try RunRecordWriter(
      path: folder.path + "/b.run", inputs: RunInputs(program: "p", seed: 1),
      versions: RunVersions(uniference: "0", swift: "6"), devices: ["a"])
    let us: Int64 = 1_000_000
    let (first, second) = (
      try writer.spans.names.index(of: "all_reduce at a.py:1"), try writer.spans.names.index(of: "wait")
    )
    for start in [0, 10] as [Int64] {
      writer.events.append(EventRecord(time: start * us, duration: 3 * us, kind: .computation, rank: 0))
      writer.spans.append(EventRecord(time: (start + 3) * us, duration: 2 * us, kind: .call, name: first, rank: 0))
      writer.events.append(EventRecord(time: (start + 5) * us, duration: us, kind: .computation, rank: 0))
      writer.spans.append(EventRecord(time: (start + 6) * us, duration: 4 * us, kind: .call, name: second, rank: 0))
    }
    let profile = try RunProfile(try writer.finish(status: .complete, results: Totals()))
    let calls = profile.calls.map { call in
      "\(call.name): \(call.count), \(microseconds(call.rank_s)) after \(microseconds(call.computing_before_s))"
    }
    #expect(calls == ["all_reduce at a.py:1: 2, 4.0 after 6.0", "wait: 2, 8.0 after 2.0"])
  }

  @Test("consecutive layers that take equally long are one row")
  func consecutiveLayersThatTakeEquallyLongAreOneRow()
    throws
  {
    let sections = try RunProfile(record()).sections()
    let layers = try #require(sections.first { $0.title.hasPrefix("Parts of the model") })
    #expect(layers.table.rendered(style: .ascii).contains("layers 0 to 1"))
  }

  @Test("a record with spans is read as it was written")
  func aRecordWithSpansIsReadAsItWasWritten() throws {
    let written = try record()
    let read = try RunRecord.read(from: written.path)
    #expect(read == written && read.manifest.spans?.events.count == 8)
    #expect(try folder.entries == ["a.run"])
    try Data([1, 2, 3]).write(to: URL(fileURLWithPath: written.path + "/spans.bin"))
    #expect(throws: RunRecordError.self) { try RunRecord.read(from: written.path) }
  }
}
