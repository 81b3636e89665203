/// The events to come, earliest first: a 4-ary heap ordered by (time, priority, sequence).
///
/// Four children fit in two cache lines, which halves the depth of a binary heap. Insertion and removal are
/// O(log n). There is no removal from the middle: handlers ignore events that have become void.
struct EventQueue: ~Copyable {
  private var storage: UnsafeMutablePointer<Event>
  private var capacity: Int
  private(set) var count = 0

  init(capacity: Int = 0) {
    self.capacity = max(64, capacity)
    storage = .allocate(capacity: self.capacity)
  }

  deinit { storage.deallocate() }

  var isEmpty: Bool { count == 0 }

  /// The earliest event's time. The queue must not be empty.
  var firstTime: Int64 {
    @inline(__always) get { storage[0].time }
  }

  /// Who the earliest event is for. The queue must not be empty.
  var firstTarget: UInt64 {
    @inline(__always) get { storage[0].target }
  }

  mutating func insert(_ event: Event) {
    if count == capacity { grow() }
    var hole = count
    count += 1
    while hole > 0 {
      let parent = (hole - 1) >> 2
      guard event.key < storage[parent].key else { break }
      storage[hole] = storage[parent]
      hole = parent
    }
    storage[hole] = event
  }

  /// Removes and returns the earliest event. The queue must not be empty.
  mutating func removeFirst() -> Event {
    let first = storage[0]
    count -= 1
    if count > 0 { sinkFromRoot(storage[count]) }
    return first
  }

  private mutating func sinkFromRoot(_ event: Event) {
    var hole = 0
    while true {
      let firstChild = (hole << 2) + 1
      guard firstChild < count else { break }
      let smallest = earliestChild(from: firstChild)
      guard storage[smallest].key < event.key else { break }
      storage[hole] = storage[smallest]
      hole = smallest
    }
    storage[hole] = event
  }

  /// A tournament among siblings, without branches where there are four.
  @inline(__always)
  private func earliestChild(from first: Int) -> Int {
    if first + 3 < count { return earlier(earlier(first, first + 1), earlier(first + 2, first + 3)) }
    var earliest = first
    for child in first + 1..<count { earliest = earlier(earliest, child) }
    return earliest
  }

  @inline(__always)
  private func earlier(_ left: Int, _ right: Int) -> Int {
    storage[right].key < storage[left].key ? right : left
  }

  private mutating func grow() {
    let larger = UnsafeMutablePointer<Event>.allocate(capacity: capacity * 2)
    larger.moveInitialize(from: storage, count: count)
    storage.deallocate()
    storage = larger
    capacity *= 2
  }
}
