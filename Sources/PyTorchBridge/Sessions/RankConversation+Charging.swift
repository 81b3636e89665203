import Quantities
import SimulationKernel

extension RankConversation {
  /// Moves the rank's clock by what its script has done before a primitive.
  func charge(_ interval: Interval, before primitive: String) async throws {
    try await compute(interval, before: primitive)
    if streams != nil { return }
    // Where the others have gone on while the rank waited for something outside the simulation, it comes later.
    if process.now < process.engine.now { process.catchUp(with: process.engine.now) }
  }

  /// Has the others go on with what is earlier than the rank has come by now, though it has not said so.
  func lookAhead() {
    let estimate = link.progress.estimate()
    let clock = rank.end(ofWork: .nanoseconds(estimate.computedNanoseconds)).advanced(by: estimate.waited)
    session.permits.note(link, at: clock)
    // Only where the engine has come to this rank, and there is something to go on with.
    let engine = process.engine
    if process.now <= engine.now, let next = engine.nextEventTime, next < clock { link.advance(to: clock) }
  }

  private func compute(_ interval: Interval, before primitive: String) async throws {
    let operation = "compute before \(primitive)"
    switch session.compute {
    case .measured:
      // Also where nothing was computed, so that a recording has an entry for each primitive.
      try rank.compute(measured: .nanoseconds(max(0, interval.computedNanoseconds)), operation: operation)
    case .recorded(let recording):
      try replay(try recording.next(of: rank.index, operation: operation, site: link.text(interval.site)), operation)
    case .roofline:
      for work in interval.work {
        switch work {
        case .operation(let computed): try execute(computed)
        case .stream(let command): if let streams { try await take(command, streams) }
        }
      }
    }
  }

  private func execute(_ computed: ComputedOperation) throws {
    let name = link.text(computed.name) ?? "operation"
    let type = computed.dataType.costType
    if streams != nil, let device = rank.simulatedDevice {
      try device.compute(
        computed.cost, elementType: type, shape: computed.shape, stream: currentStream, operation: name)
    } else {
      try rank.compute(computed.cost, elementType: type, shape: computed.shape, operation: name)
    }
  }

  /// The same where the script asks for the time: a recording has no entry for that.
  func chargeBeforeQuestion(_ interval: Interval) async throws {
    if case .recorded = session.compute { return }
    try await charge(interval, before: ComputeRecording.question)
  }

  /// The same where the script enters a phase: recordings of former versions have no entry for that, and charge with the
  /// next primitive what was computed before it.
  func chargeBeforePhase(_ phase: String, _ interval: Interval) async throws {
    guard case .recorded(let recording) = session.compute else {
      return try await charge(interval, before: phase)
    }
    let operation = "compute before \(phase)"
    guard recording.hasNext(of: rank.index, operation: operation) else { return }
    try replay(try recording.next(of: rank.index, operation: operation, site: nil), operation)
  }

  /// Charges what a recording says. What the script has spent of it by asking for the time again and again is a part of
  /// it.
  private func replay(_ duration: Duration, _ operation: String) throws {
    let spent = min(.picoseconds(askedPicoseconds), duration)
    askedPicoseconds = 0
    try rank.compute(measured: duration - spent, operation: operation)
  }
}
