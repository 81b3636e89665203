import Communication
import Testing

@testable import PyTorchBridge

@Suite struct FrameTests {
  @Test("a collective is decoded field by field")
  func aCollectiveIsDecodedFieldByField() throws {
    let frame = try RankFrame(collectiveFrame()[...])
    guard case .request(let request) = frame, case .collective(let collective) = request.content else {
      Issue.record("decoded as \(frame)")
      return
    }
    #expect(request.isAnswered)
    #expect(request.interval.computedNanoseconds == 1234)
    #expect(request.interval.site == 7)
    #expect(collective.operation == .reduceScatter)
    #expect(collective.reduction == .maximum)
    #expect(collective.dataType == .bfloat16)
    #expect(collective.group == 3)
    #expect(collective.root == 2)
    #expect(collective.elementCount == 24)
    #expect(collective.shape == [4, 6])
    #expect(collective.sendCounts == [8, 16])
    #expect(collective.receiveCounts == [])
    #expect(collective.block?.id == 9)
    #expect(collective.block?.offset == 4096)
    #expect(collective.timeoutNanoseconds == nil)
  }

  @Test("every truncation of a frame is refused")
  func everyTruncationOfAFrameIsRefused() throws {
    let frame = collectiveFrame()
    for length in 1..<frame.count {
      #expect(throws: ProtocolError.self, "cut to \(length) bytes") { try RankFrame(frame[..<length]) }
    }
    #expect(throws: ProtocolError.self) { try RankFrame((frame + [0])[...]) }
  }

  @Test("random bytes never trap")
  func randomBytesNeverTrap() {
    var random = SplitMix(seed: 7)
    for _ in 0..<20_000 {
      var bytes = (0..<Int.random(in: 1...80, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      bytes[0] = UInt8.random(in: 1...23, using: &random)
      _ = try? RankFrame(bytes[...])
    }
  }

  @Test("a list longer than its frame is refused before memory is taken")
  func aListLongerThanItsFrameIsRefusedBeforeMemoryIsTaken() {
    let bytes: [UInt8] = [3] + littleEndian(UInt32.max)
    #expect(throws: ProtocolError.self) { try RankFrame(bytes[...]) }
  }

  @Test("an answer has its length first")
  func anAnswerHasItsLengthFirst() {
    var writer = FrameWriter(.done)
    writer.integer(Int64(-2))
    writer.string("é")
    let frame = writer.finished()
    #expect(frame == littleEndian(UInt32(frame.count - 4)) + [2] + littleEndian(Int64(-2)) + [2, 0, 0, 0, 0xC3, 0xA9])
  }
}

/// A reduce-scatter of 24 elements of bfloat16 with uneven blocks, as a rank sends it.
private func collectiveFrame() -> [UInt8] {
  var bytes: [UInt8] = [11]
  bytes += littleEndian(Int64(1234)) + littleEndian(UInt32(7))
  bytes += [1, 2, 3, 3]
  bytes += littleEndian(UInt32(3)) + littleEndian(UInt32(11)) + littleEndian(UInt32(2)) + littleEndian(UInt32(5))
  bytes += littleEndian(UInt64(24)) + littleEndian(UInt64(8))
  bytes += littleEndian(UInt32(2)) + littleEndian(Int64(4)) + littleEndian(Int64(6))
  bytes += littleEndian(UInt32(2)) + littleEndian(Int64(8)) + littleEndian(Int64(16))
  bytes += littleEndian(UInt32(0))
  bytes += littleEndian(UInt32(9)) + littleEndian(UInt32(1)) + littleEndian(UInt64(4096))
  bytes += littleEndian(Int64(-1))
  return bytes
}

func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }

/// Seeded, so that a failure can be had again.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
