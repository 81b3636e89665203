import Communication
import SimulationKernel

extension RankConversation {
  /// Moves the rank's clock by what its script has done before a primitive.
  func charge(_ interval: Interval, before primitive: String) throws {
    let operation = "compute before \(primitive)"
    switch session.compute {
    case .measured:
      // Also where nothing was computed, so that a recording has an entry for each primitive.
      try rank.compute(measured: .nanoseconds(max(0, interval.computedNanoseconds)), operation: operation)
    case .recorded(let recording):
      let duration = try recording.next(of: rank.index, operation: operation, site: link.text(interval.site))
      try rank.compute(measured: duration, operation: operation)
    case .roofline:
      for computed in interval.operations {
        try rank.compute(
          computed.cost, elementType: computed.dataType.costType, operation: link.text(computed.name) ?? "operation")
      }
    }
  }

  /// The same where the script asks for the time: a recording has no entry for that.
  func chargeBeforeQuestion(_ interval: Interval) throws {
    if case .recorded = session.compute { return }
    try charge(interval, before: ComputeRecording.question)
  }

  /// The same where the script enters a phase: recordings of former versions have no entry for that, and charge with the
  /// next primitive what was computed before it.
  func chargeBeforePhase(_ phase: String, _ interval: Interval) throws {
    guard case .recorded(let recording) = session.compute else { return try charge(interval, before: phase) }
    let operation = "compute before \(phase)"
    guard recording.hasNext(of: rank.index, operation: operation) else { return }
    let duration = try recording.next(of: rank.index, operation: operation, site: nil)
    try rank.compute(measured: duration, operation: operation)
  }

  /// Lets the script sleep: an event at its end, so that the other ranks have come as far by then.
  func sleep(nanoseconds: Int64) async throws {
    process.rest(until: process.now.advanced(by: .nanoseconds(nanoseconds)))
    try await process.synchronize(at: SourceLocation())
  }
}
