import Results
import SimulationKernel

/// Writes down where in their programs ranks are: phases, parts of models, calls of scripts.
///
/// Sendable without checks because ranks run one at a time on the engine's thread.
final class RunSpans: @unchecked Sendable {
  private let log: EventLog
  private var indices: [String: UInt16] = [:]

  init(log: EventLog) { self.log = log }

  /// - Parameter number: which one of its kind it is; `nil` where there is one.
  func add(
    _ kind: EventKind, rank: Int, _ name: String, number: Int? = nil, from start: VirtualTime, to end: VirtualTime
  ) {
    log.append(
      EventRecord(
        time: start.picoseconds, duration: end.picoseconds - start.picoseconds, kind: kind, name: index(of: name),
        rank: UInt32(rank), tag: kind == .layer ? number.map { Int32(truncatingIfNeeded: $0) } ?? -1 : 0))
  }

  /// What finds no place in the table of names is told without one: that is no reason to end a run.
  private func index(of name: String) -> UInt16 {
    if let known = indices[name] { return known }
    let index = (try? log.names.index(of: name)) ?? 0
    indices[name] = index
    return index
  }
}
