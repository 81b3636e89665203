import Communication
import Network
import SimulationKernel

/// One member's part in one collective: its algorithm's state machine and what the machine waits for.
///
/// There may be 100 000, and every message finds those of its sender and its receiver by chance: it is two cache lines
/// long, and what a message asks first stands in the first of them.
struct CollectiveMember {
  enum Progress: UInt8 {
    case absent, scheduled, running, awaitingRound, awaitingSends, finished, failed
  }

  /// Its communication thread's clock; at the end, when its part ended.
  var clock: Int64 = 0
  var arrivals = RoundTracker()
  var completedSends: Int32 = 0
  /// The round, or the number of sends, that it waits for.
  var awaited: Int32 = 0
  /// The connection last used, and to whom.
  var peer: Int32 = -1
  var connection = ConnectionID(index: -1)
  var progress = Progress.absent
  var machine: CollectiveMachine?
}
