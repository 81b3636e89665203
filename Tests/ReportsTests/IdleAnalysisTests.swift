import Foundation
import Results
import Testing

@testable import Reports

/// Why devices idle, against schedules whose idle time is known by construction.
@Suite struct IdleAnalysisTests {
  /// Without their causes.
  private func idle(_ events: [EventRecord], ranks: Int) -> [IdleAnalysis.Idle] {
    withCauses(events, ranks: ranks).map { .init(rank: $0.rank, start: $0.start, end: $0.end, reason: $0.reason) }
  }

  private func withCauses(_ events: [EventRecord], ranks: Int) -> [IdleAnalysis.Idle] {
    var analysis = IdleAnalysis(rankCount: ranks)
    var found: [IdleAnalysis.Idle] = []
    for event in events.enumerated().sorted(by: { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }) {
      analysis.append(event.element) { found.append($0) }
    }
    analysis.finish(at: events.map { $0.time + $0.duration }.max() ?? 0) { found.append($0) }
    return found
  }

  @Test("two collectives in a row are each to blame for their part")
  func twoCollectivesInARowAreEachToBlameForTheirPart() {
    func collective(_ start: Int64, _ end: Int64, _ rank: UInt32) -> EventRecord {
      EventRecord(time: start, duration: end - start, kind: .collective, name: 1, rank: rank, tag: 2)
    }
    let events = [
      EventRecord(time: 0, duration: 10, kind: .computation, rank: 0), collective(10, 40, 0), collective(40, 70, 0),
      EventRecord(time: 70, duration: 5, kind: .computation, rank: 0),
      EventRecord(time: 0, duration: 30, kind: .computation, rank: 1), collective(30, 40, 1),
      EventRecord(time: 40, duration: 20, kind: .computation, rank: 1), collective(60, 70, 1),
      EventRecord(time: 70, duration: 5, kind: .computation, rank: 1),
    ]
    let all = IdleAnalysis.Activity.collective(name: 1, group: 2)
    #expect(
      idle(events, ranks: 2).filter { $0.rank == 0 } == [
        .init(rank: 0, start: 10, end: 30, reason: .rank(1, all)),
        .init(rank: 0, start: 30, end: 40, reason: .network(all)),
        .init(rank: 0, start: 40, end: 60, reason: .rank(1, all)),
        .init(rank: 0, start: 60, end: 70, reason: .network(all)),
      ])
    #expect(
      idle(events, ranks: 2).filter { $0.rank == 1 } == [
        .init(rank: 1, start: 30, end: 40, reason: .network(all)),
        .init(rank: 1, start: 60, end: 70, reason: .network(all)),
      ])
  }

  @Test("a message is caused by its sender when it posts it, though the receiver waits only later")
  func aMessageIsCausedByItsSenderWhenItPostsIt() {
    let events = [
      EventRecord(time: 0, duration: 20, kind: .computation, rank: 0),
      EventRecord(time: 10, duration: 30, kind: .message, rank: 1, peer: 0),
      EventRecord(time: 40, duration: 5, kind: .computation, rank: 0),
    ]
    let idle = withCauses(events, ranks: 2).filter { $0.rank == 0 }
    #expect(idle.map(\.start) == [20] && idle.map(\.end) == [40])
    #expect(idle.map(\.cause) == [.init(rank: 1, time: 10)])
  }

  @Test("what ends while a rank computes is not waited for")
  func whatEndsWhileARankComputesIsNotWaitedFor() {
    let events = [
      EventRecord(time: 0, duration: 50, kind: .computation, rank: 0),
      EventRecord(time: 10, duration: 20, kind: .message, rank: 1, peer: 0),
      EventRecord(time: 60, duration: 5, kind: .computation, rank: 0),
    ]
    #expect(
      idle(events, ranks: 2).filter { $0.rank == 0 } == [.init(rank: 0, start: 50, end: 60, reason: .nothing)])
  }

  @Test("a send is to blame only where nothing else ended")
  func aSendIsToBlameOnlyWhereNothingElseEnded() {
    let send = EventRecord(time: 10, duration: 30, kind: .message, rank: 0, peer: 1)
    let next = EventRecord(time: 40, duration: 5, kind: .computation, rank: 0)
    let first = EventRecord(time: 0, duration: 10, kind: .computation, rank: 0)
    #expect(
      idle([first, send, next], ranks: 2).filter { $0.rank == 0 } == [
        .init(rank: 0, start: 10, end: 40, reason: .network(.send(to: 1)))
      ])
    let received = EventRecord(time: 15, duration: 25, kind: .message, rank: 1, peer: 0)
    #expect(
      idle([first, send, received, next], ranks: 2).filter { $0.rank == 0 } == [
        .init(rank: 0, start: 10, end: 15, reason: .rank(1, .receive(from: 1))),
        .init(rank: 0, start: 15, end: 40, reason: .network(.receive(from: 1))),
      ])
  }

  /// A message that a collective sent is the collective's affair.
  @Test("messages of collectives are left to them")
  func messagesOfCollectivesAreLeftToThem() {
    let events = [
      EventRecord(time: 0, duration: 10, kind: .message, flags: .partOfCollective, rank: 1, peer: 0),
      EventRecord(time: 20, duration: 5, kind: .computation, rank: 0),
    ]
    #expect(idle(events, ranks: 2).filter { $0.rank == 0 } == [.init(rank: 0, start: 0, end: 20, reason: .nothing)])
  }

  /// Whatever happens: computing and idle time fill each rank's time without a gap and without overlap.
  @Test("computing and idle time fill each rank's time")
  func computingAndIdleTimeFillEachRanksTime() {
    let seed = UInt64.random(in: 0...(.max))
    var random = SplitMix(seed)
    for _ in 0..<200 {
      let ranks = Int.random(in: 1...4, using: &random)
      var events: [EventRecord] = []
      var clocks = [Int64](repeating: 0, count: ranks)
      for _ in 0..<Int.random(in: 0...40, using: &random) {
        let rank = Int.random(in: 0..<ranks, using: &random)
        let (pause, length) = (Int64.random(in: 0...9, using: &random), Int64.random(in: 0...9, using: &random))
        let start = clocks[rank] + pause
        switch Int.random(in: 0...2, using: &random) {
        case 0:
          events.append(EventRecord(time: start, duration: length, kind: .computation, rank: UInt32(rank)))
          clocks[rank] = start + length
        case 1:
          events.append(
            EventRecord(time: start, duration: length, kind: .collective, name: 1, rank: UInt32(rank), tag: 2))
        default:
          let peer = UInt32.random(in: 0..<UInt32(ranks), using: &random)
          events.append(EventRecord(time: start, duration: length, kind: .message, rank: UInt32(rank), peer: peer))
        }
      }
      let end = events.map { $0.time + $0.duration }.max() ?? 0
      let found = idle(events, ranks: ranks)
      for rank in 0..<ranks {
        let busy = events.filter { $0.rank == rank && $0.kind == .computation && $0.duration > 0 }
          .map { ($0.time, $0.time + $0.duration) }
        let all = (busy + found.filter { $0.rank == rank }.map { ($0.start, $0.end) }).sorted { $0 < $1 }
        var cursor: Int64 = 0
        for (start, stop) in all {
          #expect(start == cursor && stop > start, "seed \(seed), rank \(rank)")
          cursor = stop
        }
        #expect(cursor == end, "seed \(seed), rank \(rank)")
      }
    }
  }
}
