/// The collectives under way by number. Numbers of ended ones are used again.
struct OpenExecutions {
  private var slots: ContiguousArray<CollectiveExecution?> = []
  private var free: [Int32] = []

  mutating func insert(_ execution: CollectiveExecution) -> Int32 {
    if let index = free.popLast() {
      slots[Int(index)] = execution
      return index
    }
    slots.append(execution)
    return Int32(slots.count - 1)
  }

  mutating func remove(_ number: Int32) {
    slots[Int(number)] = nil
    free.append(number)
  }

  /// A collective whose messages are under way.
  subscript(number: Int32) -> CollectiveExecution {
    @inline(__always) get {
      guard let execution = slots[Int(number)] else {
        preconditionFailure("a message belongs to a collective that has ended")
      }
      return execution
    }
  }

  /// The collective of that number, unless it has ended.
  func element(at number: Int32) -> CollectiveExecution? { slots[Int(number)] }
}
