import Results
import TestSupport
import Testing

@testable import Reports

@Suite struct EventSorterTests {
  /// Few distinct times, so that many are equal; `bytes` tells the order of arrival.
  private func records(_ count: Int, seed: UInt64) -> [EventRecord] {
    var state = seed
    return (0..<count).map { index in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return EventRecord(time: Int64(state >> 40) % 37, bytes: Int64(index), kind: .marker, rank: 0)
    }
  }

  @Test("the order is that of a stable sort", arguments: [0, 1, 9, 10, 11, 95, 100], [1, 10, 1000])
  func theOrderIsThatOfAStableSort(count: Int, capacity: Int) throws {
    let folder = try TemporaryFolder()
    let seed = UInt64(count * 1000 + capacity)
    let records = records(count, seed: seed)
    do {
      let sorter = EventSorter(temporaryPath: folder.path + "/sort", capacity: capacity)
      for record in records { try sorter.append(record) }
      var sorted: [EventRecord] = []
      try sorter.drain { sorted.append($0) }
      let expected = records.sorted { ($0.time, $0.bytes) < ($1.time, $1.bytes) }
      #expect(sorted == expected, "seed \(seed)")
    }
    #expect(try folder.entries == [])
  }
}
