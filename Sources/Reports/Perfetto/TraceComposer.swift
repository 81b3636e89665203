import HeapModule
import Inputs
import Results

/// What the name indices of events stand for, which differ with their kinds.
struct TraceNames {
  let events: [String]
  var spans: [String] = []
  /// Of the events that say why devices idle.
  var waits: [String] = []
}

/// Turns events that come in the order of their start times into Perfetto's packets, ordered by time.
///
/// Perfetto counts nanoseconds: each instant is rounded to the nearest one, so what follows what stays so, and what is
/// shorter than half a nanosecond may show as an instant. Memory grows with the slices open at once.
struct TraceComposer {
  private struct SliceEnd: Comparable {
    let time: UInt64
    let order: UInt64
    let track: UInt64

    static func < (left: SliceEnd, right: SliceEnd) -> Bool { (left.time, left.order) < (right.time, right.order) }
  }

  private var stream: TracePacketStream
  private var lanes: TraceLanes
  private var openEnds = Heap<SliceEnd>()
  private var sliceCount: UInt64 = 0
  private var flowCount: UInt64 = 0
  private let names: TraceNames
  private var counters: CounterQueue
  private let firstCounterUUID: UInt64

  /// Describes one process for each device, with process number and track identifier rank + 1, and one for the network,
  /// whose rows are the counters.
  init(file: OutputFile, names: TraceNames, devices: [String], counters: [TraceCounter]) throws {
    self.names = TraceNames(
      events: names.events.map(\.printable), spans: names.spans.map(\.printable), waits: names.waits.map(\.printable))
    self.counters = CounterQueue(counters)
    let devices = devices.map(\.printable)
    stream = TracePacketStream(file: file)
    firstCounterUUID = UInt64(devices.count) + 2
    lanes = TraceLanes(firstUUID: firstCounterUUID + UInt64(counters.count))
    let digits = String(max(0, devices.count - 1)).count
    for (rank, device) in devices.enumerated() {
      let number = String(rank)
      let padding = String(repeating: "0", count: digits - number.count)
      let descriptor = PerfettoTrackDescriptor(
        uuid: UInt64(rank) + 1,
        process: PerfettoProcessDescriptor(
          pid: Int32(clamping: rank + 1), processName: "rank \(padding)\(number) \(device)"),
        childOrdering: .explicit)
      try stream.append(.trackDescriptor(descriptor))
    }
    if !counters.isEmpty { try describe(counters, network: UInt64(devices.count) + 1) }
  }

  private mutating func describe(_ counters: [TraceCounter], network: UInt64) throws {
    let process = PerfettoProcessDescriptor(pid: Int32(clamping: network), processName: "network")
    try stream.append(.trackDescriptor(PerfettoTrackDescriptor(uuid: network, process: process)))
    for (index, counter) in counters.enumerated() {
      let descriptor = PerfettoTrackDescriptor(
        uuid: firstCounterUUID + UInt64(index), name: counter.name, parentUuid: network,
        counter: PerfettoCounterDescriptor(unitName: counter.unit))
      try stream.append(.trackDescriptor(descriptor))
    }
  }

  mutating func append(_ record: EventRecord) throws {
    try count(until: record.time)
    let start = nanoseconds(record.time)
    let end = max(start, nanoseconds(record.time &+ record.duration))
    try closeSlices(endingBy: start)
    switch record.kind {
    case .computation: try slice(record, on: .compute, start, end)
    case .wait: try slice(record, on: record.flags.contains(.derived) ? .idle : .waiting, start, end)
    case .collective: try slice(record, on: .collectives, start, end)
    case .message: try message(record, start, end)
    case .phase: try slice(record, on: .phases, start, end)
    case .layer: try slice(record, on: .layers, start, end)
    case .call: try slice(record, on: .calls, start, end)
    case .marker, .finished, .failed: try slice(record, on: .markers, start, start, isInstant: true)
    }
  }

  mutating func finish() throws {
    try count(until: .max)
    try closeSlices(endingBy: .max)
    try stream.flush()
  }

  /// Writes the counters' values up to a time.
  private mutating func count(until time: Int64) throws {
    while let sample = counters.next(by: time) {
      let instant = nanoseconds(sample.time)
      try closeSlices(endingBy: instant)
      let event = PerfettoTrackEvent(
        type: .counter, trackUuid: firstCounterUUID + UInt64(sample.counter), counterValue: sample.value)
      try stream.append(.trackEvent(event), at: instant)
    }
  }

  /// A slice on the sender's row and, once delivered, one on the receiver's, joined by a flow.
  private mutating func message(_ record: EventRecord, _ start: UInt64, _ end: UInt64) throws {
    guard record.peer != EventRecord.noPeer, !record.flags.contains(.incomplete) else {
      return try slice(record, on: .send, start, end)
    }
    flowCount += 1
    let flow = flowCount
    try slice(record, on: .send, start, end) { $0.flowIds = [Fixed64(flow)] }
    var received = record
    (received.rank, received.peer) = (record.peer, record.rank)
    try slice(received, on: .receive, start, end) { $0.terminatingFlowIds = [Fixed64(flow)] }
  }

  private mutating func slice(
    _ record: EventRecord, on track: TraceTrack, _ start: UInt64, _ end: UInt64, isInstant: Bool = false,
    adding add: (inout PerfettoTrackEvent) -> Void = { _ in }
  ) throws {
    let rank = Int(record.rank)
    let lane = lanes.assign(rank: rank, track: track, start: start, end: end)
    if lane.isNew { try describe(track, rank: rank, uuid: lane.uuid) }
    var event = PerfettoTrackEvent(
      type: isInstant ? .instant : .sliceBegin, trackUuid: lane.uuid, nameIid: stream.eventName(name(of: record)),
      categoryIids: [stream.category(category(of: record.kind))], debugAnnotations: annotations(of: record, on: track))
    add(&event)
    try stream.append(.trackEvent(event), at: start)
    if isInstant { return }
    sliceCount += 1
    let sliceEnd = SliceEnd(time: end, order: sliceCount, track: lane.uuid)
    if end == start { try close(sliceEnd) } else { openEnds.insert(sliceEnd) }
  }

  private mutating func describe(_ track: TraceTrack, rank: Int, uuid: UInt64) throws {
    let descriptor = PerfettoTrackDescriptor(
      uuid: uuid, name: track.title, parentUuid: UInt64(rank) + 1, siblingOrderRank: Int32(track.rawValue))
    try stream.append(.trackDescriptor(descriptor))
  }

  private mutating func closeSlices(endingBy time: UInt64) throws {
    while let next = openEnds.min, next.time <= time {
      openEnds.removeMin()
      try close(next)
    }
  }

  private mutating func close(_ end: SliceEnd) throws {
    try stream.append(.trackEvent(PerfettoTrackEvent(type: .sliceEnd, trackUuid: end.track)), at: end.time)
  }

  private mutating func annotations(of record: EventRecord, on track: TraceTrack) -> [PerfettoDebugAnnotation] {
    var annotations: [PerfettoDebugAnnotation] = []
    if record.bytes != 0 || record.kind == .message || record.kind == .collective {
      annotations.append(stream.annotation("bytes", .int(record.bytes)))
    }
    if record.peer != EventRecord.noPeer {
      annotations.append(stream.annotation(peerRole(of: record.kind, on: track), .int(Int64(record.peer))))
    }
    if record.kind == .message {
      annotations.append(stream.annotation("tag", .int(Int64(record.tag))))
    } else if record.kind == .collective, record.tag > 0, record.tag < names.events.count {
      annotations.append(stream.annotation("group", .string(names.events[Int(record.tag)])))
    }
    if record.flags.contains(.control) { annotations.append(stream.annotation("control", .bool(true))) }
    if record.flags.contains(.incomplete) { annotations.append(stream.annotation("incomplete", .bool(true))) }
    return annotations
  }

  private func name(of record: EventRecord) -> String {
    let table = record.flags.contains(.derived) ? names.waits : record.kind.isSpan ? names.spans : names.events
    let name = Int(record.name) < table.count ? table[Int(record.name)] : ""
    if record.kind == .layer, record.tag >= 0 { return "\(name) \(record.tag)" }
    return name.isEmpty ? category(of: record.kind) : name
  }
}

private func nanoseconds(_ picoseconds: Int64) -> UInt64 {
  let (whole, rest) = max(0, picoseconds).quotientAndRemainder(dividingBy: 1000)
  return UInt64(whole + (rest >= 500 ? 1 : 0))
}

private func category(of kind: EventKind) -> String {
  switch kind {
  case .computation: "computation"
  case .message: "message"
  case .wait: "wait"
  case .collective: "collective"
  case .marker: "marker"
  case .finished: "finished"
  case .failed: "failed"
  case .phase: "phase"
  case .layer: "layer"
  case .call: "call"
  }
}

/// What the rank in the `peer` field is to the event.
private func peerRole(of kind: EventKind, on track: TraceTrack) -> String {
  switch (kind, track) {
  case (.message, .receive), (.wait, _): "from"
  case (.message, _): "to"
  case (.collective, _): "root"
  default: "peer"
  }
}
