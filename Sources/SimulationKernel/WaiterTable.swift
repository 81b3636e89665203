import Diagnostics

/// A process suspended at a primitive.
struct Waiter {
  let continuation: UnsafeContinuation<WakeReason, any Error>
  let process: LogicalProcess
  let subject: any WaitSubject
  let location: SourceLocation
  /// Tells this suspension from all others of the run, so that a late cancellation hits only its own.
  let suspension: UInt64
}

/// The suspended processes, found by token in O(1).
struct WaiterTable {
  private struct Slot {
    var waiter: Waiter?
    var generation: UInt32 = 0
  }

  private var slots: [Slot] = []
  private var free: [UInt32] = []

  mutating func insert(_ waiter: Waiter) -> WaiterToken {
    if let index = free.popLast() {
      slots[Int(index)].waiter = waiter
      return WaiterToken(index: index, generation: slots[Int(index)].generation)
    }
    slots.append(Slot(waiter: waiter))
    return WaiterToken(index: UInt32(slots.count - 1), generation: 0)
  }

  /// Removes and returns the waiter, or `nil` when it has gone on already.
  mutating func remove(_ token: WaiterToken) -> Waiter? {
    let index = Int(token.index)
    guard slots[index].generation == token.generation, let waiter = slots[index].waiter else { return nil }
    slots[index].waiter = nil
    slots[index].generation = (slots[index].generation + 1) & 0xFF_FFFF
    free.append(token.index)
    return waiter
  }

  /// All waiters with their tokens, in the order of their slots.
  var all: [(token: WaiterToken, waiter: Waiter)] {
    slots.enumerated().compactMap { index, slot in
      slot.waiter.map { (WaiterToken(index: UInt32(index), generation: slot.generation), $0) }
    }
  }

  func token(ofSuspension suspension: UInt64) -> WaiterToken? {
    all.first { $0.waiter.suspension == suspension }?.token
  }
}
