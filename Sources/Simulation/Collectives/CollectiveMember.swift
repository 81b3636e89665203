import Communication
import Network
import SimulationKernel

/// One member's part in one collective: its algorithm's state machine and what the machine waits for.
struct CollectiveMember {
  enum Progress: UInt8 {
    case absent, scheduled, running, awaitingRound, awaitingSends, finished, failed
  }

  var machine: CollectiveMachine?
  /// Its communication thread's clock; at the end, when its part ended.
  var clock: Int64 = 0
  var arrivals = RoundTracker()
  /// The round, or the number of sends, that it waits for.
  var awaited: Int32 = 0
  var completedSends: Int32 = 0
  /// The connection last used, and to whom.
  var peer: Int32 = -1
  var connection = ConnectionID(index: -1)
  var progress = Progress.absent
  /// The process that waits for the end, if any.
  var waiter: WaiterToken?
}
