import Communication
import Network
import SimulationKernel

/// One member's part in one collective: its algorithm's state machine and what the machine waits for.
///
/// There may be 100 000, so the fields stand in an order that leaves no gaps.
struct CollectiveMember {
  enum Progress: UInt8 {
    case absent, scheduled, running, awaitingRound, awaitingSends, finished, failed
  }

  var machine: CollectiveMachine?
  var progress = Progress.absent
  private var hasWaiter = false
  /// The round, or the number of sends, that it waits for.
  var awaited: Int32 = 0
  /// Its communication thread's clock; at the end, when its part ended.
  var clock: Int64 = 0
  var arrivals = RoundTracker()
  var completedSends: Int32 = 0
  /// The connection last used, and to whom.
  var peer: Int32 = -1
  var connection = ConnectionID(index: -1)
  private var waiterToken = WaiterToken.none

  /// The process that waits for the end, if any.
  var waiter: WaiterToken? {
    get { hasWaiter ? waiterToken : nil }
    set {
      hasWaiter = newValue != nil
      waiterToken = newValue ?? .none
    }
  }
}
