import Results
import SimulationKernel
import Testing

@testable import Uniference

@Suite struct PendingEventsTests {
  private typealias Event = PendingEvents.Named

  /// What ranks compute from zero on, one operation after another; often several begin at one time.
  private static func ranks(_ random: inout RandomStream) -> [[Event]] {
    (0..<4).map { rank in
      var time: Int64 = 0
      return (0..<Int(random.nextUnit() * 20)).map { number in
        let duration = Int64(random.nextUnit() * 4)
        defer { time += duration }
        return Event(
          record: EventRecord(time: time, duration: duration, kind: .computation, rank: UInt32(rank)), name: "\(number)"
        )
      }
    }
  }

  /// Has ranks tell what they have computed in pieces, each before the engine has come past its beginning, and looks
  /// after every step of the engine for what can be logged.
  private static func logged(_ ranks: [[Event]], _ random: inout RandomStream) -> [Event] {
    var pending = PendingEvents()
    var logged: [Event] = []
    var told = Array(repeating: 0, count: ranks.count)
    for now in 0..<100 as Range<Int64> {
      while let first = pending.removeFirst(before: VirtualTime.zero.advanced(byPicoseconds: now)) {
        logged.append(first)
      }
      for (rank, events) in ranks.enumerated().shuffled(by: &random) {
        let due = events.prefix { $0.record.time <= now }.count
        let end = max(told[rank], min(events.count, due + Int(random.nextUnit() * 5)))
        events[told[rank]..<end].forEach { pending.append($0) }
        told[rank] = end
      }
    }
    while let first = pending.removeFirst(before: nil) { logged.append(first) }
    return logged
  }

  @Test("events leave by time and rank, in whatever pieces they become known", arguments: 0..<1000 as Range<UInt64>)
  func eventsLeaveByTimeAndRankInWhateverPiecesTheyBecomeKnown(seed: UInt64) {
    var random = RandomStream(seed: seed, stream: 1)
    let ranks = Self.ranks(&random)
    let expected = ranks.joined().enumerated().sorted { one, other in
      (one.element.record.time, one.element.record.rank, one.offset)
        < (other.element.record.time, other.element.record.rank, other.offset)
    }
    #expect(Self.logged(ranks, &random) == expected.map(\.element))
  }
}

extension EnumeratedSequence {
  /// The elements in an order of chance.
  fileprivate func shuffled(by random: inout RandomStream) -> [Element] {
    map { ($0, random.nextUnit()) }.sorted { $0.1 < $1.1 }.map(\.0)
  }
}
