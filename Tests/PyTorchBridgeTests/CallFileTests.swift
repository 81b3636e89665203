import Foundation
import Results
import TestSupport
import Testing

@testable import PyTorchBridge

/// What a record keeps of a script's calls.
@Suite struct CallFileTests {
  /// An operation as it is on the wire: name 1, float32, so many operations, and sizes that nobody has.
  private func operation(flops: Double) -> [UInt8] {
    littleEndian(UInt32(1)) + [0] + littleEndian(flops.bitPattern) + littleEndian(UInt64(0)) + littleEndian(UInt64(0))
      + [0] + Array(repeating: 0, count: 24)
  }

  private func operations(_ flops: [Double]) -> [UInt8] {
    [FrameKind.operations.rawValue] + littleEndian(UInt32(flops.count)) + flops.flatMap(operation)
  }

  private func question() -> [UInt8] { [FrameKind.now.rawValue] + littleEndian(Int64(5)) + littleEndian(UInt32(0)) }

  private func name(_ text: String) -> [UInt8] {
    [FrameKind.name.rawValue] + littleEndian(UInt32(1)) + littleEndian(UInt32(text.utf8.count)) + Array(text.utf8)
  }

  private func file(in folder: TemporaryFolder) throws -> [UInt8] {
    let log = CallLog(rankCount: 2, usesStreams: true)
    for frame in [name("linear"), operations([3, 4, 3]), question(), operations([4]), question()] {
      log.append(frame[...], rank: 1)
    }
    let bytes = log.bytes
    try Data(bytes).write(to: URL(fileURLWithPath: "\(folder.path)/\(CallFile.name)"))
    return bytes
  }

  @Test("calls are read as they were written, equal operations once")
  func callsAreReadAsTheyWereWritten() throws {
    let folder = try TemporaryFolder()
    _ = try file(in: folder)
    let calls = try CallFile(ofRecord: folder.path)
    #expect(calls.usesStreams && !calls.hasInterruptions)
    #expect(calls.ranks.map(\.operations.count) == [0, 2])

    let replayed = ReplayedCalls(calls.ranks[1])
    let link = RankLink(rank: 1, replaying: ReplayedCalls(calls.ranks[0]))
    try replayed.advance(link)
    #expect(link.text(1) == "linear")
    #expect(link.awaitsAnswer)
  }

  @Test("a file that was changed anywhere is damaged", arguments: [0, 9, 25, 60, -1])
  func aFileThatWasChangedIsDamaged(position: Int) throws {
    let folder = try TemporaryFolder()
    var bytes = try file(in: folder)
    let index = position < 0 ? bytes.count + position : position
    bytes[index] ^= 1
    try Data(bytes).write(to: URL(fileURLWithPath: "\(folder.path)/\(CallFile.name)"))
    #expect(throws: RunRecordError.self) { try CallFile(ofRecord: folder.path) }
  }

  @Test("a record without calls says what to do")
  func aRecordWithoutCallsSaysWhatToDo() throws {
    let folder = try TemporaryFolder()
    let error = #expect(throws: RunRecordError.self) { try CallFile(ofRecord: folder.path) }
    #expect(error?.description.contains("record the script again by uniference run") == true)
  }
}
