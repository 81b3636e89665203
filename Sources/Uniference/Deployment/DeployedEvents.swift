import Communication
import LibTorch
import Results
import Simulation
import SimulationKernel

/// What happens on one deployed rank, as a simulation would log it.
///
/// Sendable without checks because it is used only on the thread of the rank's loop.
final class DeployedEvents: TorchGroupObserver, @unchecked Sendable {
  private let rank: Int
  private let clock: WallClock
  private let events: RunEvents
  let log: EventLog
  let operations = OperationLog()

  init(rank: Int, clock: WallClock) throws {
    self.rank = rank
    self.clock = clock
    log = try EventLog(keepsRecords: true)
    events = RunEvents(log: log, options: SimulationOptions())
  }

  /// The first thing that could not be logged.
  var failure: (any Error)? { events.failure }

  var now: Duration { VirtualTime.zero.duration(to: clock.now) }

  /// An operation has just ended.
  func computed(_ operation: OperationRecord, for duration: Duration) {
    let start = VirtualTime.zero.advanced(by: max(.zero, now - duration))
    events.computed(
      Computation(
        rank: rank, operation: operation.kind.rawValue, start: start, duration: duration.picoseconds,
        measured: duration.picoseconds))
    operations.append(operation, rank: rank, picoseconds: duration.picoseconds)
  }

  func ended(_ operation: CollectiveOperation, byteCount: Int, groupName: String, start: Duration) {
    events.ended(
      EndedCollective(
        rank: rank, operation: operation, byteCount: byteCount, groupName: groupName,
        start: VirtualTime.zero.advanced(by: start), end: clock.now))
  }

  func received(byteCount: Int, from source: Int, tag: Int, posted: Duration) {
    // Machines' clocks differ; a message does not arrive before it was sent.
    let arrived = clock.now
    events.delivered(
      DeliveredMessage(
        source: source, destination: rank, byteCount: byteCount, tag: tag, isPartOfCollective: false,
        posted: min(VirtualTime.zero.advanced(by: posted), arrived), arrived: arrived))
  }

  func marked(_ name: String, at time: VirtualTime) { events.marked(rank: rank, name: name, time: time) }

  func finished() { events.finished(rank: rank, time: clock.now) }
}

/// Wall time since the run began.
struct WallClock: Sendable {
  let start: ContinuousClock.Instant

  var now: VirtualTime { VirtualTime.zero.advanced(by: ContinuousClock.now - start) }
}
