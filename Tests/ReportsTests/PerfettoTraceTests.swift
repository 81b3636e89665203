import Results
import TestSupport
import Testing

@testable import Reports

@Suite struct PerfettoTraceTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path + "/trace.pftrace"
  }

  private func trace(
    _ records: [EventRecord], names: [String] = [""], devices: [String] = ["a", "b"], eventsInMemory: Int = 1000
  ) throws -> ParsedTrace {
    let writer = try PerfettoTraceWriter(path: path, devices: devices, eventsInMemory: eventsInMemory)
    for record in records { try writer.append(record) }
    try writer.finish(names: names)
    return try ParsedTrace(path: path, withoutIdleTime: true)
  }

  @Test("each device is a process named by rank")
  func eachDeviceIsAProcessNamedByRank() throws {
    let parsed = try trace([], devices: (0..<11).map { "jetson-\($0)" })
    #expect(parsed.processes.count == 11)
    #expect(parsed.processes.first == "rank 00 jetson-0")
    #expect(parsed.processes.last == "rank 10 jetson-10")
    #expect(parsed.faults == [])
  }

  @Test("a computation is a slice by its operation's name")
  func aComputationIsASliceByItsOperationsName() throws {
    let parsed = try trace(
      [EventRecord(time: 1_000_499, duration: 2_000_001, bytes: 12, kind: .computation, name: 1, rank: 1)],
      names: ["", "matmul"])
    let slice = try #require(parsed.slices.first)
    #expect(parsed.slices.count == 1)
    #expect((slice.process, slice.track, slice.name) == ("rank 1 b", "compute", "matmul"))
    #expect((slice.start, slice.end) == (1000, 3001))
    #expect(slice.arguments == ["bytes": "12"])
    #expect(parsed.faults == [])
  }

  @Test("a message is a slice at both ends joined by a flow")
  func aMessageIsASliceAtBothEndsJoinedByAFlow() throws {
    let parsed = try trace([
      EventRecord(time: 0, duration: 5000, bytes: 64, kind: .message, flags: .control, rank: 0, peer: 1, tag: -3)
    ])
    let sent = try #require(parsed.slices.first { $0.track == "send" })
    let received = try #require(parsed.slices.first { $0.track == "receive" })
    #expect(parsed.slices.count == 2)
    #expect((sent.process, received.process) == ("rank 0 a", "rank 1 b"))
    #expect((sent.start, sent.end, received.start, received.end) == (0, 5, 0, 5))
    #expect(sent.flows.count == 1)
    #expect(sent.flows == received.terminatedFlows)
    #expect(sent.terminatedFlows + received.flows == [])
    #expect(sent.arguments == ["bytes": "64", "to": "1", "tag": "-3", "control": "true"])
    #expect(received.arguments == ["bytes": "64", "from": "0", "tag": "-3", "control": "true"])
  }

  @Test("a message still under way is seen at its sender alone")
  func aMessageStillUnderWayIsSeenAtItsSenderAlone()
    throws
  {
    let parsed = try trace([
      EventRecord(time: 0, duration: 5000, kind: .message, flags: .incomplete, rank: 0, peer: 1)
    ])
    #expect(parsed.slices.map(\.track) == ["send"])
    #expect(parsed.slices.map(\.flows) == [[]])
    #expect(parsed.slices.map { $0.arguments["incomplete"] } == ["true"])
  }

  @Test("a collective names its group, root and bytes")
  func aCollectiveNamesItsGroupRootAndBytes() throws {
    let parsed = try trace(
      [EventRecord(time: 0, duration: 1000, bytes: 8, kind: .collective, name: 1, rank: 0, peer: 1, tag: 2)],
      names: ["", "broadcast", "tensor"])
    #expect(parsed.slices.map(\.name) == ["broadcast"])
    #expect(parsed.slices.map(\.track) == ["collectives"])
    #expect(parsed.slices.map(\.arguments) == [["bytes": "8", "root": "1", "group": "tensor"]])
  }

  @Test("phases, layers and calls have rows of their own")
  func phasesLayersAndCallsHaveRowsOfTheirOwn() throws {
    let writer = try PerfettoTraceWriter(path: path, devices: ["a"])
    try writer.append(EventRecord(time: 0, duration: 9_000_000, kind: .phase, name: 1, rank: 0))
    try writer.append(EventRecord(time: 0, duration: 2_000_000, kind: .layer, name: 2, rank: 0, tag: 7))
    try writer.append(EventRecord(time: 2_000_000, duration: 1_000_000, kind: .layer, name: 3, rank: 0, tag: -1))
    try writer.append(EventRecord(time: 3_000_000, duration: 1_000_000, kind: .call, name: 4, rank: 0))
    try writer.append(EventRecord(time: 0, duration: 9_000_000, kind: .computation, name: 1, rank: 0))
    try writer.finish(
      names: ["", "linear"], spanNames: ["", "prefill", "layer", "output", "all_reduce at train.py:3"])
    let parsed = try ParsedTrace(path: path)
    #expect(parsed.faults == [])
    let rows = Dictionary(grouping: parsed.slices, by: \.track).mapValues { $0.map(\.name).sorted() }
    #expect(
      rows == [
        "phases": ["prefill"], "layers": ["layer 7", "output"], "calls": ["all_reduce at train.py:3"],
        "compute": ["linear"],
      ])
  }

  @Test("idle time names its reason")
  func idleTimeNamesItsReason() throws {
    let writer = try PerfettoTraceWriter(path: path, devices: ["a", "b"])
    let us: Int64 = 1_000_000
    // Rank 0 computes for 1 us, rank 1 for 5; an all-reduce takes 2 us from then on. Then rank 0 sends to rank 1.
    try writer.append(EventRecord(time: 0, duration: us, kind: .computation, name: 1, rank: 0))
    try writer.append(EventRecord(time: 0, duration: 5 * us, kind: .computation, name: 1, rank: 1))
    try writer.append(EventRecord(time: us, duration: 6 * us, kind: .collective, name: 2, rank: 0, tag: 3))
    try writer.append(EventRecord(time: 5 * us, duration: 2 * us, kind: .collective, name: 2, rank: 1, tag: 3))
    try writer.append(EventRecord(time: 7 * us, duration: us, kind: .computation, name: 1, rank: 0))
    try writer.append(EventRecord(time: 8 * us, duration: 3 * us, bytes: 8, kind: .message, rank: 0, peer: 1))
    try writer.append(EventRecord(time: 11 * us, duration: us, kind: .computation, name: 1, rank: 1))
    try writer.append(EventRecord(time: 8 * us, kind: .finished, rank: 0))
    try writer.append(EventRecord(time: 13 * us, kind: .finished, rank: 1))
    try writer.finish(names: ["", "work", "all_reduce", "world"])
    let parsed = try ParsedTrace(path: path)
    #expect(parsed.faults == [])
    let idle = parsed.slices.filter { $0.track == "idle" }
      .map { "\($0.process) \($0.start)-\($0.end) \($0.name)" }.sorted()
    #expect(
      idle == [
        "rank 0 a 1000-5000 waits for rank 1 in all_reduce", "rank 0 a 5000-7000 network: all_reduce",
        "rank 1 b 12000-13000 idle", "rank 1 b 5000-7000 network: all_reduce",
        "rank 1 b 7000-8000 waits for rank 0 to send", "rank 1 b 8000-11000 network: message from rank 0",
      ])
    #expect(parsed.slices.first { $0.name.hasPrefix("waits for rank 1") }?.arguments == ["from": "1"])
  }

  @Test("counters are merged by time")
  func countersAreMergedByTime() throws {
    let writer = try PerfettoTraceWriter(path: path, devices: ["a"])
    for time in [0, 4, 8] {
      try writer.append(
        EventRecord(time: Int64(time) * 1_000_000, duration: 3_000_000, kind: .computation, name: 1, rank: 0))
    }
    let samples = [(0, 5), (2, 7), (12, 0)].map {
      TraceCounter.Sample(time: Int64($0.0) * 1_000_000, value: Int64($0.1))
    }
    try writer.finish(
      names: ["", "work"],
      counters: [
        TraceCounter(name: "a->switch", unit: "bytes/s", samples: samples),
        TraceCounter(name: "switch->a", unit: "bytes/s", samples: [samples[1]]),
      ])
    let parsed = try ParsedTrace(path: path)
    #expect(parsed.faults == [])
    #expect(parsed.counters["a->switch"]?.map { [Int($0.time), Int($0.value)] } == [[0, 5], [2000, 7], [12000, 0]])
    #expect(parsed.counters["switch->a"]?.map { [Int($0.time), Int($0.value)] } == [[2000, 7]])
    #expect(parsed.processes == ["rank 0 a", "network"])
  }

  @Test("markers and ends are instants")
  func markersAndEndsAreInstants() throws {
    let parsed = try trace(
      [
        EventRecord(time: 2000, kind: .finished, rank: 0), EventRecord(time: 1000, kind: .marker, name: 1, rank: 0),
      ], names: ["", "first token"])
    #expect(parsed.slices == [])
    #expect(parsed.instants.map(\.name) == ["first token", "finished"])
    #expect(parsed.instants.map(\.start) == [1, 2])
  }

  @Test("slices that overlap have lanes and those that touch do not")
  func slicesThatOverlapHaveLanesAndThoseThatTouchDoNot() throws {
    let parsed = try trace([
      EventRecord(time: 10_000, duration: 10_000, kind: .computation, rank: 0),
      EventRecord(time: 0, duration: 10_000, kind: .computation, rank: 0),
      EventRecord(time: 5000, duration: 10_000, kind: .computation, rank: 0),
      EventRecord(time: 20_000, duration: 0, kind: .computation, rank: 0),
      EventRecord(time: 20_000, duration: 400, kind: .computation, rank: 0),
    ])
    #expect(parsed.faults == [])
    let first = try #require(parsed.slices.first { $0.start == 0 }).uuid
    #expect(parsed.slices.filter { $0.uuid == first }.map(\.start) == [0, 10, 20, 20])
    #expect(parsed.slices.filter { $0.uuid != first }.map(\.start) == [5])
  }

  /// Whatever the events and however few fit in memory: nothing is lost, time never goes back, no lane's slices overlap.
  @Test("random events are all drawn and never cross", arguments: 1...20)
  func randomEventsAreAllDrawnAndNeverCross(seed: Int) throws {
    var state = UInt64(seed)
    func random(_ bound: UInt64) -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state >> 33) % bound
    }
    let kinds: [EventKind] = [.computation, .message, .wait, .collective]
    let records = (0..<300).map { _ in
      EventRecord(
        time: Int64(random(100_000)), duration: Int64(random(20_000)), kind: kinds[Int(random(4))],
        rank: UInt32(random(3)), peer: UInt32(random(3)))
    }
    let parsed = try trace(records, devices: ["a", "b", "c"], eventsInMemory: seed % 2 == 0 ? 1000 : 64)

    #expect(parsed.faults == [], "seed \(seed)")
    let messages = records.count { $0.kind == .message }
    #expect(parsed.slices.count == records.count + messages, "seed \(seed)")
    #expect(parsed.slices.flatMap(\.flows).sorted() == (1...UInt64(messages)).map { $0 }, "seed \(seed)")
    #expect(parsed.slices.flatMap(\.terminatedFlows).sorted() == (1...UInt64(messages)).map { $0 }, "seed \(seed)")
    for lane in Dictionary(grouping: parsed.slices, by: \.uuid).values {
      let ordered = lane.sorted { ($0.start, $0.end) < ($1.start, $1.end) }
      for (earlier, later) in zip(ordered, ordered.dropFirst()) {
        #expect(earlier.end <= later.start, "seed \(seed)")
      }
    }
    #expect(try folder.entries == ["trace.pftrace"])
  }

  @Test("a run record is drawn")
  func aRunRecordIsDrawn() throws {
    let writer = try RunRecordWriter(
      path: folder.path + "/a.run", inputs: RunInputs(program: "p", seed: 1),
      versions: RunVersions(uniference: "0", swift: "6"), devices: ["d"])
    let name = try writer.events.names.index(of: "softmax")
    writer.events.append(EventRecord(time: 0, duration: 1000, kind: .computation, name: name, rank: 0))
    try writer.finish(status: .interrupted, results: [String: Int]())
    try RunRecord.read(from: folder.path + "/a.run").writePerfettoTrace(to: path)
    #expect(try ParsedTrace(path: path).slices.map(\.name) == ["softmax"])
  }

  @Test("an event of an unknown rank is refused and nothing is left")
  func anEventOfAnUnknownRankIsRefusedAndNothingIsLeft() throws {
    do {
      let writer = try PerfettoTraceWriter(path: path, devices: ["a"])
      try writer.append(EventRecord(time: 0, kind: .marker, rank: 0))
      let error = #expect(throws: TraceError.self) { try writer.append(EventRecord(time: 0, kind: .marker, rank: 1)) }
      #expect(error?.description == "cannot write the trace: event 1 is of rank 1; there are 1 devices")
    }
    #expect(try folder.entries == [])
  }

  @Test("a folder that is missing is an error that names it")
  func aFolderThatIsMissingIsAnErrorThatNamesIt() throws {
    let error = #expect(throws: FileError.self) {
      try PerfettoTraceWriter(path: folder.path + "/missing/t", devices: [])
    }
    #expect(error?.description.contains("/missing/t") == true)
    #expect(error?.reason == "No such file or directory")
  }

  #if os(Linux)
    @Test("a full disk is an error that names the file")
    func aFullDiskIsAnErrorThatNamesTheFile() throws {
      let writer = try PerfettoTraceWriter(path: "/dev/full", devices: ["a"])
      let expected = FileError(operation: "write", path: "/dev/full", reason: "No space left on device")
      #expect(throws: expected) { try writer.finish(names: [""]) }
    }
  #endif
}
