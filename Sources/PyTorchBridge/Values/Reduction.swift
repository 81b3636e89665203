import Communication

/// A combination of values that some rank has to compute: the first one that needs it. The others get its result.
///
/// Sendable without checks because it is used only on the engine's thread.
final class Reduction: @unchecked Sendable {
  enum State {
    case untouched
    /// A rank is computing it; these wait for the result.
    case underWay(waiters: [(SharedBlock) -> Void])
    case done(SharedBlock)
  }

  let operation: ReductionOperator
  /// One for each member, in group order; emptied once they have been combined.
  private(set) var contributions: [TensorPayload]
  private(set) var state = State.untouched

  init(operation: ReductionOperator, contributions: [TensorPayload]) {
    self.operation = operation
    self.contributions = contributions
  }

  /// Notes that a rank has been asked to compute it.
  func begin() { state = .underWay(waiters: []) }

  /// Calls `receiver` when the result is there.
  func await(_ receiver: @escaping (SharedBlock) -> Void) {
    guard case .underWay(var waiters) = state else { return }
    waiters.append(receiver)
    state = .underWay(waiters: waiters)
  }

  /// Takes the result and gives it to those who wait.
  func finish(in block: SharedBlock) {
    guard case .underWay(let waiters) = state else { return }
    state = .done(block)
    contributions = []
    for waiter in waiters { waiter(block) }
  }
}
