import Foundation
import Results

extension RunRecord {
  /// Calls `body` with every event and span, in the order of their start times; phases before what else begins with them,
  /// and other spans before events.
  ///
  /// Memory is bounded: more than a million go through temporary files.
  func forEachInOrder(_ body: (EventRecord) throws -> Void) throws {
    let sorter = EventSorter(
      temporaryPath: UnfinishedFile.path(for: NSTemporaryDirectory() + "uniference-show"), capacity: 1 << 20)
    try spans?.forEach { if $0.kind == .phase { try sorter.append($0) } }
    try spans?.forEach { if $0.kind != .phase { try sorter.append($0) } }
    try events.forEach { try sorter.append($0) }
    try sorter.drain(body)
  }
}
