/// A process suspended at a primitive.
struct Waiter {
  let continuation: UnsafeContinuation<WakeReason, any Error>
  let process: LogicalProcess
  let subject: any WaitSubject
}

/// The suspended processes, found by token in O(1).
struct WaiterTable {
  private struct Slot {
    var waiter: Waiter?
    var generation: UInt32 = 0
  }

  private var slots: [Slot] = []
  private var free: [UInt32] = []
  /// Suspensions that the program may cancel: those of child tasks.
  private var cancellable: [UInt64: WaiterToken] = [:]

  mutating func reserveCapacity(_ count: Int) { slots.reserveCapacity(count) }

  /// - Parameter suspension: by which number the suspension may be cancelled, if at all.
  mutating func insert(_ waiter: Waiter, suspension: UInt64?) -> WaiterToken {
    let token: WaiterToken
    if let index = free.popLast() {
      slots[Int(index)].waiter = waiter
      token = WaiterToken(index: index, generation: slots[Int(index)].generation)
    } else {
      slots.append(Slot(waiter: waiter))
      token = WaiterToken(index: UInt32(slots.count - 1), generation: 0)
    }
    if let suspension { cancellable[suspension] = token }
    return token
  }

  /// Removes and returns the waiter, or `nil` when it has gone on already.
  mutating func remove(_ token: WaiterToken) -> Waiter? {
    let index = Int(token.index)
    guard index < slots.count, slots[index].generation == token.generation, let waiter = slots[index].waiter else {
      return nil
    }
    slots[index].waiter = nil
    slots[index].generation = (slots[index].generation + 1) & 0xFF_FFFF
    free.append(token.index)
    return waiter
  }

  /// The token of a suspension of a child task, which cannot be cancelled hereafter; `nil` when it is not suspended.
  mutating func takeToken(ofSuspension suspension: UInt64) -> WaiterToken? {
    cancellable.removeValue(forKey: suspension)
  }

  /// The tokens of a process's suspensions. O(processes).
  func tokens(of process: LogicalProcess) -> [WaiterToken] {
    slots.indices.filter { slots[$0].waiter?.process === process }.map {
      WaiterToken(index: UInt32($0), generation: slots[$0].generation)
    }
  }

  /// All waiters, in the order of their slots.
  var all: some Sequence<Waiter> { slots.lazy.compactMap(\.waiter) }

  /// Removes all waiters, voids their tokens, and returns them one after another.
  mutating func removeAll() -> some Sequence<Waiter> {
    let removed = slots
    slots = []
    return removed.lazy.compactMap(\.waiter)
  }
}
