import Foundation
import TestSupport
import Testing

@testable import Results

@Suite struct EventLogTests {
  @Test("a record is forty little-endian bytes in the documented order")
  func aRecordIsFortyLittleEndianBytesInTheDocumentedOrder() throws {
    let folder = try TemporaryFolder()
    let log = try EventLog(writingTo: folder.path + "/events.bin")
    log.append(
      EventRecord(
        time: 0x0102_0304_0506_0708, duration: 0x1112_1314_1516_1718, bytes: -2, kind: .collective,
        flags: [.incomplete, .partOfCollective], name: 0x2122, rank: 0x3132_3334, tag: -3))
    try log.finish()

    let expected: [UInt8] =
      [0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01, 0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11]
      + [0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 4, 0b101, 0x22, 0x21, 0x34, 0x33, 0x32, 0x31]
      + [0xFF, 0xFF, 0xFF, 0xFF, 0xFD, 0xFF, 0xFF, 0xFF]
    #expect(try folder.bytes(of: "events.bin") == expected)
  }

  @Test("the fields describe the whole record")
  func theFieldsDescribeTheWholeRecord() {
    let sizes = EventRecord.fields.map { Int(String($0[1].last!))! }
    #expect(sizes.reduce(0, +) == EventRecord.byteCount)
  }

  @Test("the digest is that of the file", arguments: [0, 1, 1637, 1638, 1639, 5000])
  func theDigestIsThatOfTheFile(count: Int) throws {
    let folder = try TemporaryFolder()
    let seed = UInt64(count) + 1
    let records = randomRecords(count, seed: seed)
    let written = try EventLog(writingTo: folder.path + "/events.bin", keepsRecords: true)
    let unwritten = try EventLog()
    for record in records {
      written.append(record)
      unwritten.append(record)
    }
    let summary = try written.finish()

    #expect(summary.count == count, "seed \(seed)")
    #expect(summary.sha256 == referenceSHA256(try folder.bytes(of: "events.bin")), "seed \(seed)")
    #expect(try unwritten.finish() == summary, "seed \(seed)")
    #expect(written.records == records, "seed \(seed)")
    #expect(unwritten.records.isEmpty)
  }

  @Test("a summary in between changes nothing")
  func aSummaryInBetweenChangesNothing() throws {
    let records = randomRecords(100, seed: 7)
    let (watched, plain) = (try EventLog(), try EventLog())
    for record in records {
      watched.append(record)
      plain.append(record)
      _ = watched.summary()
    }
    #expect(watched.summary() == plain.summary())
  }

  @Test("reading gives back what was written")
  func readingGivesBackWhatWasWritten() throws {
    let folder = try TemporaryFolder()
    let records = randomRecords(40_000, seed: 11)
    let log = try EventLog(writingTo: folder.path + "/events.bin")
    records.forEach(log.append)
    let summary = try log.finish()

    var read: [EventRecord] = []
    #expect(try EventFile(path: folder.path + "/events.bin").hashing { read.append($0) } == summary)
    #expect(read == records, "seed 11")
  }

  #if os(Linux)
    @Test("a full disk is an error that names the file")
    func aFullDiskIsAnErrorThatNamesTheFile() throws {
      let log = try EventLog(writingTo: "/dev/full")
      var told: [FileError] = []
      log.whenFailed = { told.append($0) }
      randomRecords(10_000, seed: 1).forEach(log.append)
      let expected = FileError(operation: "write", path: "/dev/full", reason: "No space left on device")
      #expect(log.failure == expected)
      #expect(told == [expected])
      #expect(throws: expected) { try log.finish() }
      #expect(expected.description == "cannot write '/dev/full': No space left on device")
    }

    @Test("a full disk is noticed when the last records are written")
    func aFullDiskIsNoticedWhenTheLastRecordsAreWritten() throws {
      let log = try EventLog(writingTo: "/dev/full")
      log.append(EventRecord(time: 0, kind: .marker, rank: 0))
      #expect(log.failure == nil)
      #expect(throws: FileError.self) { try log.finish() }
    }
  #endif

  @Test("a file that cannot be created is an error")
  func aFileThatCannotBeCreatedIsAnError() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/missing/events.bin"
    let expected = FileError(operation: "create", path: path, reason: "No such file or directory")
    #expect(throws: expected) { try EventLog(writingTo: path) }
  }

  @Test("names keep their indices")
  func namesKeepTheirIndices() throws {
    var table = NameTable()
    #expect(try table.index(of: "matmul") == 1)
    #expect(try table.index(of: "") == 0)
    #expect(try table.index(of: "softmax") == 2)
    #expect(try table.index(of: "matmul") == 1)
    #expect(table.names == ["", "matmul", "softmax"])
  }

  @Test("names beyond sixteen bits are refused")
  func namesBeyondSixteenBitsAreRefused() throws {
    var table = NameTable()
    for index in 1...65_535 { #expect(try table.index(of: "name \(index)") == UInt16(index)) }
    #expect(throws: NameTableOverflow(name: "one more")) { try table.index(of: "one more") }
    #expect(try table.index(of: "name 17") == 17)
  }
}

/// Records whose every field takes any value it may.
func randomRecords(_ count: Int, seed: UInt64) -> [EventRecord] {
  var state = seed
  func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ state >> 29
  }
  return (0..<count).map { _ in
    EventRecord(
      time: Int64(truncatingIfNeeded: next()), duration: Int64(truncatingIfNeeded: next()),
      bytes: Int64(truncatingIfNeeded: next()), kind: EventKind.allCases[Int(next() >> 8) % EventKind.allCases.count],
      flags: EventFlags(rawValue: UInt8(truncatingIfNeeded: next())), name: UInt16(truncatingIfNeeded: next()),
      rank: UInt32(truncatingIfNeeded: next()), peer: UInt32(truncatingIfNeeded: next()),
      tag: Int32(truncatingIfNeeded: next()))
  }
}
