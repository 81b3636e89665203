import Foundation
import Results

/// Writes a run as a trace that https://ui.perfetto.dev and Perfetto's trace processor open.
///
/// Each device is a process named `rank R NAME`, with rows for phases, parts of the model, calls of the script, computations,
/// the reasons why it idles, collective operations, messages sent, messages received, and markers. A message is a slice at
/// both ends, joined by a flow arrow. What links carry are counters of a process named `network`. Times are rounded to the
/// nearest nanosecond, Perfetto's unit.
///
/// Events may come in any order and number: memory is bounded, more than a million go through temporary files beside the
/// trace. The trace appears under its name when it is whole; a writer that goes out of scope unfinished leaves nothing.
public final class PerfettoTraceWriter {
  /// Where the finished trace will stand.
  public let path: String

  private let devices: [String]
  private let writingPath: String
  private let temporaryPath: String
  private let lock: Int32
  private let file: OutputFile
  private let sorter: EventSorter
  private let eventsInMemory: Int
  private var eventCount = 0
  private var isOpen = true

  /// - Parameters:
  ///   - path: the trace's file. An older one is replaced in the end.
  ///   - devices: each world rank's device name.
  public convenience init(path: String, devices: [String]) throws(FileError) {
    try self.init(path: path, devices: devices, eventsInMemory: 1 << 20)
  }

  init(path: String, devices: [String], eventsInMemory: Int) throws(FileError) {
    self.path = path
    self.devices = devices
    temporaryPath = UnfinishedFile.path(for: isDevice(path) ? NSTemporaryDirectory() + "uniference-trace" : path)
    writingPath = isDevice(path) ? path : temporaryPath
    UnfinishedFile.removeAbandoned(beside: temporaryPath)
    file = try OutputFile(path: writingPath)
    self.eventsInMemory = eventsInMemory
    // Under a device's trace, too, somebody has to tell that what is sorted is in use.
    if isDevice(path) { try OutputFile(path: temporaryPath).close() }
    lock = UnfinishedFile.lock(temporaryPath)
    sorter = EventSorter(temporaryPath: temporaryPath, capacity: eventsInMemory)
  }

  deinit { discard() }

  /// Adds an event.
  ///
  /// - Throws: ``TraceError`` when it is of a rank that has no device, ``FileError`` when the disk is full.
  public func append(_ record: EventRecord) throws {
    defer { eventCount += 1 }
    guard record.rank < devices.count else {
      throw TraceError(event: eventCount, problem: "is of rank \(record.rank); there are \(devices.count) devices")
    }
    guard record.peer == EventRecord.noPeer || record.peer < devices.count else {
      throw TraceError(event: eventCount, problem: "names rank \(record.peer); there are \(devices.count) devices")
    }
    try sorter.append(record)
  }

  /// Writes the trace and puts it in its place. No more events may be added.
  ///
  /// - Parameters:
  ///   - names: what the events' name indices stand for.
  ///   - spanNames: what those of phases, layers and calls stand for.
  ///   - counters: figures over time, such as what links carry.
  public func finish(names: [String], spanNames: [String] = [], counters: [TraceCounter] = []) throws {
    precondition(isOpen, "a trace is finished once")
    defer { discard() }
    var idleSlices = IdleSlices(names: names)
    let complete = try withIdleTime(&idleSlices)
    var composer = try TraceComposer(
      file: file, names: TraceNames(events: names, spans: spanNames, waits: idleSlices.texts), devices: devices,
      counters: counters)
    try complete.drain { try composer.append($0) }
    try composer.finish()
    try file.close()
    guard writingPath != path else { return }
    if rename(writingPath, path) != 0 { throw FileError(errnoOf: "create", path: path) }
    isOpen = false
    UnfinishedFile.unlock(lock)
  }

  /// All events with those that say why devices idle, to be brought into order once more: that a device has idled shows when
  /// it goes on.
  private func withIdleTime(_ slices: inout IdleSlices) throws -> EventSorter {
    let complete = EventSorter(temporaryPath: temporaryPath + ".idle", capacity: eventsInMemory)
    var analysis = IdleAnalysis(rankCount: devices.count)
    var end: Int64 = 0
    var idle: [IdleAnalysis.Idle] = []
    try sorter.drain { record in
      if !record.kind.isSpan { end = max(end, record.time + record.duration) }
      try complete.append(record)
      analysis.append(record) { idle.append($0) }
      for stretch in idle { try complete.append(slices.event(stretch)) }
      idle.removeAll(keepingCapacity: true)
    }
    analysis.finish(at: end) { idle.append($0) }
    for stretch in idle { try complete.append(slices.event(stretch)) }
    return complete
  }

  /// Removes what was written. Does nothing after ``finish(names:)``.
  public func discard() {
    guard isOpen else { return }
    isOpen = false
    _ = unlink(temporaryPath)
    UnfinishedFile.unlock(lock)
  }
}

/// An event that cannot be drawn.
public struct TraceError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Its number, from 0, in the order in which events were added.
  public let event: Int
  /// What is wrong with it, as the end of a sentence that begins with the event.
  public let problem: String

  /// One line: the event and its problem.
  public var description: String { "cannot write the trace: event \(event) \(problem)" }
}

extension RunRecord {
  /// Writes the recorded run as a Perfetto trace; see ``PerfettoTraceWriter``.
  public func writePerfettoTrace(to path: String) throws {
    let writer = try PerfettoTraceWriter(path: path, devices: manifest.devices)
    try spans?.forEach { try writer.append($0) }
    try events.forEach { try writer.append($0) }
    try writer.finish(names: manifest.names, spanNames: manifest.spans?.names ?? [])
  }
}

/// Whether `path` is written to in place, such as a pipe or `/dev/stdout`, for it must not be replaced by a file.
private func isDevice(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
}
