extension LogicalProcess {
  /// Does something that may wait, but only until `deadline`.
  ///
  /// - Returns: its result, or `nil` when the deadline came first. What waited has then been cancelled.
  public func doing<Result: Sendable>(
    until deadline: VirtualTime, _ body: @escaping @Sendable () async throws -> Result
  ) async throws -> Result? {
    let task = Task(executorPreference: engine.executor) { try await body() }
    // One that lies behind the end of virtual time never comes.
    if deadline <= .limit {
      engine.call(at: max(deadline, engine.now), priority: .timeout) { task.cancel() }
    }
    do {
      return try await task.value
    } catch is CancellationError {
      if mayNotGoOn { throw CancellationError() }
      // Whatever goes on waiting for what was cut off does not move the clock.
      catchUp(with: engine.now)
      return nil
    }
  }
}
