/// The collectives under way by number. Numbers of ended ones are used again, with another generation.
struct OpenExecutions {
  /// Names a collective for good: what it meant is told from what its number means later.
  struct Identity {
    let number: Int32
    let generation: UInt32
  }

  private struct Slot {
    var execution: CollectiveExecution?
    var generation: UInt32 = 0
  }

  private var slots: ContiguousArray<Slot> = []
  private var free: [Int32] = []

  mutating func insert(_ execution: CollectiveExecution) -> Identity {
    if let number = free.popLast() {
      slots[Int(number)].execution = execution
      return Identity(number: number, generation: slots[Int(number)].generation)
    }
    slots.append(Slot(execution: execution))
    return Identity(number: Int32(slots.count - 1), generation: 0)
  }

  /// Frees a number that no message carries any more.
  mutating func remove(_ number: Int32) {
    slots[Int(number)].execution = nil
    slots[Int(number)].generation &+= 1
    free.append(number)
  }

  /// A collective whose messages are under way.
  subscript(number: Int32) -> CollectiveExecution {
    @inline(__always) get {
      guard let execution = slots[Int(number)].execution else {
        preconditionFailure("a message belongs to a collective that has ended")
      }
      return execution
    }
  }

  /// The collective of that identity, unless it has ended.
  subscript(identity: Identity) -> CollectiveExecution? {
    let slot = slots[Int(identity.number)]
    return slot.generation == identity.generation ? slot.execution : nil
  }
}
