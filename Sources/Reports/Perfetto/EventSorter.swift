import Foundation
import Results

/// Brings any number of events into the order of their start times, equal ones in the order in which they came.
///
/// An external merge sort (Knuth, The Art of Computer Programming, volume 3, section 5.4): at most `capacity` events are
/// in memory; full loads are sorted and put on disk as runs, which are merged in the end.
final class EventSorter {
  private let capacity: Int
  private let runPath: (Int) -> String
  private var load: [EventRecord] = []
  private var runCount = 0

  /// - Parameters:
  ///   - temporaryPath: what the names of temporary files begin with.
  ///   - capacity: how many events, of 40 bytes each, are sorted in memory.
  init(temporaryPath: String, capacity: Int) {
    self.capacity = capacity
    runPath = { "\(temporaryPath).run\($0)" }
  }

  deinit {
    for run in 0..<runCount { _ = unlink(runPath(run)) }
  }

  func append(_ record: EventRecord) throws(FileError) {
    if load.count == capacity { try spill() }
    load.append(record)
  }

  /// Calls `body` with each event, once, in order.
  func drain(_ body: (EventRecord) throws -> Void) throws {
    guard runCount > 0 else {
      try sortedLoad().forEach(body)
      load = []
      return
    }
    try spill()
    let runs = try (0..<runCount).map { try EventReader(path: runPath($0), recordsPerRead: 4096) }
    var heads = try runs.map { try $0.next() }
    while let earliest = indexOfEarliest(heads), let record = heads[earliest] {
      try body(record)
      heads[earliest] = try runs[earliest].next()
    }
  }

  /// Earlier runs hold what came earlier, so the first of equal heads is the one that came first.
  private func indexOfEarliest(_ heads: [EventRecord?]) -> Int? {
    var earliest: (index: Int, time: Int64)?
    for (index, head) in heads.enumerated() {
      guard let head, earliest.map({ head.time < $0.time }) ?? true else { continue }
      earliest = (index, head.time)
    }
    return earliest?.index
  }

  private func spill() throws(FileError) {
    let run = try EventLog(writingTo: runPath(runCount), hashes: false)
    runCount += 1
    for record in sortedLoad() { run.append(record) }
    try run.finish()
    load.removeAll(keepingCapacity: true)
  }

  private func sortedLoad() -> [EventRecord] {
    let order = load.indices.sorted { (load[$0].time, $0) < (load[$1].time, $1) }
    return order.map { load[$0] }
  }
}
