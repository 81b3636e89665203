import Foundation
import SwiftProtobuf

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
  /// What contradicts the format: an end without a begin, an unknown track, time going backwards.
  var faults: [String] = []

  private var tracks: [UInt64: PerfettoTrackDescriptor] = [:]
  private var names: [UInt64: String] = [:]
  private var annotationNames: [UInt64: String] = [:]
  private var open: [UInt64: [Slice]] = [:]

  init(path: String) throws {
    let trace = try PerfettoTrace(serializedBytes: try Data(contentsOf: URL(fileURLWithPath: path)))
    var last: UInt64 = 0
    for packet in trace.packet {
      for entry in packet.internedData.eventNames { names[entry.iid] = entry.name }
      for entry in packet.internedData.debugAnnotationNames { annotationNames[entry.iid] = entry.name }
      switch packet.data {
      case .trackDescriptor(let descriptor):
        tracks[descriptor.uuid] = descriptor
        if descriptor.hasProcess { processes.append(descriptor.process.processName) }
      case .trackEvent(let event):
        if packet.timestamp < last { faults.append("time goes back to \(packet.timestamp)") }
        last = packet.timestamp
        add(event, at: packet.timestamp)
      case nil: faults.append("empty packet")
      }
    }
    for (uuid, stack) in open where !stack.isEmpty { faults.append("open slice on track \(uuid)") }
  }

  private mutating func add(_ event: PerfettoTrackEvent, at time: UInt64) {
    guard let track = tracks[event.trackUuid], let process = tracks[track.parentUuid] else {
      return faults.append("unknown track \(event.trackUuid)")
    }
    if event.type == .sliceEnd {
      guard var slice = open[event.trackUuid]?.popLast() else { return faults.append("end without begin") }
      slice.end = time
      return slices.append(slice)
    }
    var arguments: [String: String] = [:]
    for annotation in event.debugAnnotations {
      switch annotation.value {
      case .intValue(let value): arguments[annotationNames[annotation.nameIid]!] = "\(value)"
      case .stringValue(let value): arguments[annotationNames[annotation.nameIid]!] = value
      case .boolValue(let value): arguments[annotationNames[annotation.nameIid]!] = "\(value)"
      case nil: faults.append("annotation without value")
      }
    }
    let slice = Slice(
      process: process.process.processName, track: track.name, uuid: event.trackUuid,
      name: names[event.nameIid] ?? "?", start: time, end: time, flows: event.flowIds,
      terminatedFlows: event.terminatingFlowIds, arguments: arguments)
    if event.type == .instant { instants.append(slice) } else { open[event.trackUuid, default: []].append(slice) }
  }
}
