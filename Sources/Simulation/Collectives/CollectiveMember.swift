import Communication
import Network
import SimulationKernel

/// One member's part in one collective: its algorithm's state machine and what the machine waits for.
///
///     absent -> scheduled -> running <-> awaitingRound, awaitingSends
///                    |          |
///                    |          +-> finished
///                    +-> finished (timed at once)
///     any of them but finished -> failed
///
/// There may be 100 000, and every message finds those of its sender and its receiver by chance: it is two cache lines
/// long, and what a message asks first stands in the first of them.
struct CollectiveMember {
  enum State: Equatable {
    /// It has not called the collective yet.
    case absent
    /// It has, and begins when its clock's time comes.
    case scheduled
    /// Its machine says what it does next.
    case running
    /// Its machine goes on when the message of this round has arrived.
    case awaitingRound(Int32)
    /// Its machine goes on when so many of its sends have ended.
    case awaitingSends(Int32)
    /// Its part has ended, at its clock's time.
    case finished
    /// Its part has ended with an error, and so it stays.
    case failed

    /// Whether nothing can happen to it any more.
    var isOver: Bool { self == .finished || self == .failed }
  }

  /// What follows from an event.
  enum Action {
    case nothing
    /// Its machine is to be asked for its next action.
    case goOn
  }

  /// Its communication thread's clock; at the end, when its part ended.
  var clock: Int64 = 0
  private(set) var arrivals = RoundTracker()
  private(set) var completedSends: Int32 = 0
  /// The connection last used, and to whom.
  var peer: Int32 = -1
  var connection = ConnectionID(index: -1)
  private(set) var state = State.absent
  private(set) var machine: CollectiveMachine?

  /// Calls the collective.
  mutating func join(with machine: CollectiveMachine, at time: VirtualTime) {
    precondition(state == .absent, "a member calls a collective once")
    self.machine = machine
    clock = time.picoseconds
    state = .scheduled
  }

  /// Begins its part; nothing where it has ended by then.
  mutating func begin() -> Action {
    guard state == .scheduled else { return .nothing }
    state = .running
    return .goOn
  }

  /// What its machine does next; `nil` where it has none any more.
  @inline(__always)
  mutating func nextAction() -> CollectiveAction? { machine?.next() }

  /// Waits for a round's message, unless it has arrived.
  @inline(__always)
  mutating func await(round: Int32) -> Action {
    if arrivals.contains(round) { return .goOn }
    state = .awaitingRound(round)
    return .nothing
  }

  /// Waits until so many sends have ended, unless they have.
  @inline(__always)
  mutating func await(sends: Int32) -> Action {
    if completedSends >= sends { return .goOn }
    state = .awaitingSends(sends)
    return .nothing
  }

  /// A round's message has arrived.
  @inline(__always)
  mutating func receive(_ round: Int32) -> Action {
    arrivals.insert(round)
    guard case .awaitingRound(let awaited) = state, arrivals.contains(awaited) else { return .nothing }
    state = .running
    return .goOn
  }

  /// A send has ended.
  @inline(__always)
  mutating func completeSend() -> Action {
    completedSends += 1
    guard case .awaitingSends(let awaited) = state, completedSends >= awaited else { return .nothing }
    state = .running
    return .goOn
  }

  /// Its part has ended.
  mutating func finish() {
    assert(!state.isOver, "a part ends once")
    state = .finished
    machine = nil
  }

  /// Ends its part with an error. Returns `false` where it has ended before.
  mutating func fail() -> Bool {
    guard !state.isOver else { return false }
    state = .failed
    machine = nil
    return true
  }

  /// Goes on as another one stands, at times shifted.
  mutating func adopt(_ other: CollectiveMember, shiftedBy shift: Int64) {
    assert(!state.isOver, "a part that has ended does not begin again")
    self = other
    clock += shift
    peer = -1
  }
}
