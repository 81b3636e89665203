import Foundation

@testable import Reports

/// A trace read back: slices put together from their begin and end, numbers resolved to names.
struct ParsedTrace {
  struct Slice: Equatable {
    var process: String
    var track: String
    var uuid: UInt64
    var name: String
    var start: UInt64
    var end: UInt64
    var flows: [UInt64]
    var terminatedFlows: [UInt64]
    var arguments: [String: String]
  }

  var processes: [String] = []
  var slices: [Slice] = []
  var instants: [Slice] = []
  /// The values of counters, by the name of their row.
  var counters: [String: [Value]] = [:]
  /// What contradicts the format: an end without a begin, an unknown track, time going backwards.
  var faults: [String] = []

  struct Value: Equatable {
    var time: UInt64
    var value: Int64
  }

  private struct Track {
    var name = ""
    var parent: UInt64?
    var processName: String?
  }

  private var tracks: [UInt64: Track] = [:]
  private var names: [UInt64: String] = [:]
  private var annotationNames: [UInt64: String] = [:]
  private var open: [UInt64: [Slice]] = [:]

  /// - Parameter withoutIdleTime: whether slices of the rows that say why devices idle are left out.
  init(path: String, withoutIdleTime: Bool = false) throws {
    try self.init(wholeOf: path)
    if withoutIdleTime { slices.removeAll { $0.track == "idle" } }
  }

  private init(wholeOf path: String) throws {
    let trace = try WireReader(try Data(contentsOf: URL(fileURLWithPath: path)))
    var last: UInt64 = 0
    for packet in try trace.messages(PerfettoTrace.Field.packet.number) {
      typealias Field = PerfettoTracePacket.Field
      try packet.messages(Field.internedData.number).forEach { try readNames($0) }
      let descriptors = try packet.messages(Field.trackDescriptor.number)
      let events = try packet.messages(Field.trackEvent.number)
      if descriptors.count + events.count != 1 { faults.append("packet with \(descriptors.count + events.count) data") }
      try descriptors.forEach { try describe($0) }
      for event in events {
        let time = packet.integer(Field.timestamp.number) ?? 0
        if time < last { faults.append("time goes back to \(time)") }
        last = time
        try add(event, at: time)
      }
    }
    for (uuid, stack) in open where !stack.isEmpty { faults.append("open slice on track \(uuid)") }
  }

  private mutating func readNames(_ data: WireReader) throws {
    typealias Field = PerfettoInternedData.Field
    func entries(_ number: UInt32) throws -> [(UInt64, String)] {
      try data.messages(number).map {
        ($0.integer(PerfettoInternedName.Field.iid.number) ?? 0, $0.texts(PerfettoInternedName.Field.name.number)[0])
      }
    }
    for (iid, name) in try entries(Field.eventNames.number) { names[iid] = name }
    for (iid, name) in try entries(Field.debugAnnotationNames.number) { annotationNames[iid] = name }
  }

  private mutating func describe(_ descriptor: WireReader) throws {
    typealias Field = PerfettoTrackDescriptor.Field
    let process = try descriptor.messages(Field.process.number).first
    let track = Track(
      name: descriptor.texts(Field.name.number).first ?? "", parent: descriptor.integer(Field.parentUuid.number),
      processName: process?.texts(PerfettoProcessDescriptor.Field.processName.number).first)
    tracks[descriptor.integer(Field.uuid.number) ?? 0] = track
    if let name = track.processName { processes.append(name) }
  }

  private mutating func add(_ event: WireReader, at time: UInt64) throws {
    typealias Field = PerfettoTrackEvent.Field
    let uuid = event.integer(Field.trackUuid.number) ?? 0
    guard let track = tracks[uuid], let process = track.parent.flatMap({ tracks[$0]?.processName }) else {
      return faults.append("unknown track \(uuid)")
    }
    let type = PerfettoTrackEvent.Kind(rawValue: Int32(event.integer(Field.type.number) ?? 0))
    if type == .sliceEnd {
      guard var slice = open[uuid]?.popLast() else { return faults.append("end without begin") }
      slice.end = time
      return slices.append(slice)
    }
    if type == .counter {
      let value = Int64(bitPattern: event.integer(Field.counterValue.number) ?? 0)
      return counters[track.name, default: []].append(Value(time: time, value: value))
    }
    let slice = Slice(
      process: process, track: track.name, uuid: uuid,
      name: event.integer(Field.nameIid.number).flatMap { names[$0] } ?? "?", start: time, end: time,
      flows: event.integers(Field.flowIds.number), terminatedFlows: event.integers(Field.terminatingFlowIds.number),
      arguments: try arguments(of: event))
    if type == .instant { instants.append(slice) } else { open[uuid, default: []].append(slice) }
  }

  private mutating func arguments(of event: WireReader) throws -> [String: String] {
    typealias Field = PerfettoDebugAnnotation.Field
    var arguments: [String: String] = [:]
    for annotation in try event.messages(PerfettoTrackEvent.Field.debugAnnotations.number) {
      let values =
        annotation.integers(Field.intValue.number).map { "\(Int64(bitPattern: $0))" }
        + annotation.integers(Field.boolValue.number).map { "\($0 != 0)" }
        + annotation.texts(Field.stringValue.number)
      if values.count != 1 { faults.append("annotation with \(values.count) values") }
      arguments[annotationNames[annotation.integer(Field.nameIid.number) ?? 0] ?? "?"] = values.first
    }
    return arguments
  }
}
