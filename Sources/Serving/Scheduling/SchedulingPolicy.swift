/// Decides who takes part in an iteration, and with how many tokens.
///
/// A policy is a state machine without time: what it does depends on the engine's state and its own alone.
protocol SchedulingPolicy: Sendable {
  /// Sets ``ServedSequence/scheduledCount`` of those that take part. All are 0 before.
  mutating func plan(_ state: inout EngineState)
}
