import Communication
import Results
import Simulation
import SimulationKernel

/// Writes what happens in a simulated world into the event log.
final class RunEvents: RunObserver {
  let log: EventLog
  let progress: ((Double) -> Void)?
  private let collectiveName: @Sendable (CollectiveOperation) -> String
  /// What an event's name is in the log, once it has been used.
  private var indices: [String: UInt16] = [:]
  private(set) var failure: (any Error)?

  init(log: EventLog, options: SimulationOptions) {
    self.log = log
    progress = options.progress
    collectiveName = options.collectiveName
  }

  func computed(_ computation: Computation) {
    log.append(
      EventRecord(
        time: computation.start.picoseconds, duration: computation.duration, bytes: computation.measured ?? 0,
        kind: .computation, flags: computation.measured == nil ? [] : .measured,
        name: index(of: computation.operation), rank: UInt32(computation.rank)))
  }

  func delivered(_ message: DeliveredMessage) {
    log.append(
      EventRecord(
        time: message.posted.picoseconds, duration: message.arrived.picoseconds - message.posted.picoseconds,
        bytes: Int64(message.byteCount), kind: .message, flags: message.isPartOfCollective ? .partOfCollective : [],
        rank: UInt32(message.source), peer: UInt32(message.destination), tag: Int32(truncatingIfNeeded: message.tag)))
  }

  func ended(_ collective: EndedCollective) {
    log.append(
      EventRecord(
        time: collective.start.picoseconds, duration: collective.end.picoseconds - collective.start.picoseconds,
        bytes: Int64(collective.byteCount), kind: .collective, name: index(of: collectiveName(collective.operation)),
        rank: UInt32(collective.rank), tag: Int32(index(of: collective.groupName))))
  }

  func marked(rank: Int, name: String, time: VirtualTime) {
    log.append(EventRecord(time: time.picoseconds, kind: .marker, name: index(of: name), rank: UInt32(rank)))
  }

  func finished(rank: Int, time: VirtualTime) {
    log.append(EventRecord(time: time.picoseconds, kind: .finished, rank: UInt32(rank)))
  }

  private func index(of name: String) -> UInt16 {
    if let known = indices[name] { return known }
    do {
      let index = try log.names.index(of: name)
      indices[name] = index
      return index
    } catch {
      failure = failure ?? error
      return 0
    }
  }
}
