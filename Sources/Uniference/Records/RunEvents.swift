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
  /// What waits for the engine to come to it; `nil` where all is logged as it becomes known.
  private var pending: PendingEvents?
  private let engineTime: () -> VirtualTime

  /// - Parameter engineTime: how far the engine has come.
  init(log: EventLog, options: SimulationOptions, engineTime: @escaping () -> VirtualTime = { .zero }) {
    self.log = log
    progress = options.progress
    collectiveName = options.collectiveName
    pending = options.logsByTime ? PendingEvents() : nil
    self.engineTime = engineTime
  }

  func computed(_ computation: Computation) {
    note(
      EventRecord(
        time: computation.start.picoseconds, duration: computation.duration, bytes: computation.measured ?? 0,
        kind: .computation, flags: computation.measured == nil ? [] : .measured, rank: UInt32(computation.rank)),
      name: computation.operation)
  }

  func delivered(_ message: DeliveredMessage) {
    append(
      EventRecord(
        time: message.posted.picoseconds, duration: message.arrived.picoseconds - message.posted.picoseconds,
        bytes: Int64(message.byteCount), kind: .message, flags: message.isPartOfCollective ? .partOfCollective : [],
        rank: UInt32(message.source), peer: UInt32(message.destination), tag: Int32(truncatingIfNeeded: message.tag)))
  }

  func ended(_ collective: EndedCollective) {
    append(
      EventRecord(
        time: collective.start.picoseconds, duration: collective.end.picoseconds - collective.start.picoseconds,
        bytes: Int64(collective.byteCount), kind: .collective, name: index(of: collectiveName(collective.operation)),
        rank: UInt32(collective.rank), tag: Int32(index(of: collective.groupName))))
  }

  func marked(rank: Int, name: String, time: VirtualTime) {
    note(EventRecord(time: time.picoseconds, kind: .marker, rank: UInt32(rank)), name: name)
  }

  func finished(rank: Int, time: VirtualTime) {
    note(EventRecord(time: time.picoseconds, kind: .finished, rank: UInt32(rank)), name: nil)
  }

  /// Logs what is still to be logged, at the end of the run.
  func finish() { logPending(before: nil) }

  /// Takes in an event at a rank's clock, which may be ahead of the engine's.
  private func note(_ record: EventRecord, name: String?) {
    let event = PendingEvents.Named(record: record, name: name)
    if pending == nil { log(event) } else { pending?.append(event) }
  }

  /// Logs an event that takes place now, behind those that began before.
  private func append(_ record: EventRecord) {
    logPending(before: engineTime())
    log.append(record)
  }

  private func logPending(before time: VirtualTime?) {
    while let event = pending?.removeFirst(before: time) { log(event) }
  }

  private func log(_ event: PendingEvents.Named) {
    var record = event.record
    if let name = event.name { record.name = index(of: name) }
    log.append(record)
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
