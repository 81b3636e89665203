import HeapModule
import Results
import SimulationKernel

/// Events of ranks whose clocks are ahead of the engine, for a log whose order does not depend on when they became known.
///
/// A script says at moments of real time what it has computed: before each call, and now and then between two. A rank's
/// clock is then ahead of the engine by more or by less, and events in the order in which they became known would lie
/// otherwise in each run. Here they wait until the engine has come past their beginning, and leave by that; those that
/// begin together by rank, those of one rank in their order. Nothing that becomes known later can begin earlier, since no
/// rank's clock is behind the engine's. Adding and removing take O(log n) for n events ahead of the engine.
struct PendingEvents {
  /// An event whose name is not in the log's table yet.
  struct Named: Equatable {
    var record: EventRecord
    let name: String?
  }

  private struct Entry: Comparable {
    let event: Named
    let number: Int

    private var key: (Int64, UInt32, Int) { (event.record.time, event.record.rank, number) }
    static func < (one: Entry, other: Entry) -> Bool { one.key < other.key }
    static func == (one: Entry, other: Entry) -> Bool { one.key == other.key }
  }

  private var entries = Heap<Entry>()
  private var count = 0

  mutating func append(_ event: Named) {
    entries.insert(Entry(event: event, number: count))
    count += 1
  }

  /// Removes the first event, if it begins before `time`; any, where that is `nil`.
  mutating func removeFirst(before time: VirtualTime?) -> Named? {
    guard let first = entries.min, time.map({ first.event.record.time < $0.picoseconds }) ?? true else { return nil }
    return entries.removeMin().event
  }
}
