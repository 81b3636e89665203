import Communication
import SimulationKernel

extension RankConversation {
  /// Answers whether an operation has ended by now.
  func test(_ handle: UInt32, _ interval: Interval) async throws {
    let hasWorked = try await charging(interval) { try await charge(interval, before: "is_completed") }
    try await question(about: .others, hasWorked: hasWorked)
    let hasEnded = try await pending[handle]?.hasEnded() ?? true
    if hasEnded { polling.end() }
    answer(.truth(hasEnded))
  }

  /// Answers what time it is.
  func tellTime(_ interval: Interval) async throws {
    let hasWorked = try await charging(interval) { try await chargeBeforeQuestion(interval) }
    if case .measured = session.compute {
      // The loop's own time has been measured.
      polling.end()
      try await process.synchronize(at: SourceLocation())
    } else {
      try await question(about: .time, hasWorked: hasWorked)
    }
    answer(.nothing)
  }

  /// Lets the script sleep: an event at its end, so that the other ranks have come as far by then. A sleep of no length
  /// lets them come as far as this one.
  func sleep(nanoseconds: Int64, _ interval: Interval) async throws {
    let hasWorked = try await charging(interval) { try await charge(interval, before: ComputeRecording.sleep) }
    if nanoseconds > 0 {
      polling.end()
      try await process.sleep(until: process.now.advanced(by: .nanoseconds(nanoseconds)), at: SourceLocation())
    } else {
      try await question(about: .others, hasWorked: hasWorked)
    }
    answer(.nothing)
  }

  /// Charges an interval.
  /// - Returns: whether the script has done more in it than to ask again.
  func charging(_ interval: Interval, _ charge: () async throws -> Void) async throws -> Bool {
    let start = process.now
    try await charge()
    if case .roofline = session.compute { return interval.hasWork }
    return process.now.picoseconds - start.picoseconds > Polling.shortestWorkPicoseconds
  }

  /// Waits until all that is earlier has happened, so that a question has one answer, and moves the clock where the rank
  /// asks again and again; not beyond the next event, which may be what it waits for.
  func question(about subject: Polling.Subject, hasWorked: Bool) async throws {
    try await process.synchronize(at: SourceLocation())
    let step = polling.step(asking: subject, at: process.now, hasWorked: hasWorked)
    guard step > 0 else { return }
    var end = process.now.advanced(byPicoseconds: step)
    if let next = process.engine.nextEventTime, next > process.now { end = min(end, next) }
    let passed = end.picoseconds - process.now.picoseconds
    process.compute(picoseconds: passed)
    if case .time = subject { askedPicoseconds += passed }
    try await process.synchronize(at: SourceLocation())
  }
}
