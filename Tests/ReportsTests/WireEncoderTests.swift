import Testing

@testable import Reports

/// The examples of https://protobuf.dev/programming-guides/encoding/, and what is encoded against a reader.
@Suite struct WireEncoderTests {
  private struct Inner: WireMessage {
    var a: Int32

    func encodeFields(into encoder: inout WireEncoder) { encoder.append(WireField<Int32>(1), a) }
  }

  private func encoded(_ body: (inout WireEncoder) -> Void) -> [UInt8] {
    var encoder = WireEncoder()
    body(&encoder)
    return encoder.bytes
  }

  @Test("examples of the guide")
  func examplesOfTheGuide() {
    #expect(encoded { $0.append(WireField<Int32>(1), 150) } == [0x08, 0x96, 0x01])
    #expect(
      encoded { $0.append(WireField<String>(2), "testing") } == [0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67])
    #expect(encoded { $0.append(WireField<Inner>(3), Inner(a: 150)) } == [0x1a, 0x03, 0x08, 0x96, 0x01])
    #expect(
      encoded { $0.append(WireField<Int64>(1), -2) }
        == [0x08, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01])
    #expect(encoded { $0.append(WireField<Bool>(1), true) } == [0x08, 0x01])
    #expect(encoded { $0.append(WireField<Fixed64>(47), 258) } == [0xf9, 0x02, 2, 1, 0, 0, 0, 0, 0, 0])
    #expect(encoded { $0.append(WireField<UInt64>(1), nil) } == [])
    #expect(encoded { $0.append(WireField<[UInt64]>(3), [1, 300]) } == [0x18, 1, 0x18, 0xac, 0x02])
  }

  @Test("numbers of every length come back", arguments: [0, 1, 127, 128, 16_383, 16_384, 1 << 32, UInt64.max])
  func numbersOfEveryLengthComeBack(value: UInt64) throws {
    let bytes = encoded {
      $0.append(WireField<UInt64>(1), value)
      $0.append(WireField<Fixed64>(2), Fixed64(value))
      $0.append(WireField<Int64>(3), Int64(bitPattern: value))
    }

    let read = try WireReader(bytes)

    #expect(read.fields == [1: [.varint(value)], 2: [.fixed64(value)], 3: [.varint(value)]])
  }

  /// A length of two bytes and more moves what comes after it.
  @Test("texts of every length come back", arguments: [0, 1, 127, 128, 20_000])
  func textsOfEveryLengthComeBack(count: Int) throws {
    let text = String(repeating: "é", count: count)
    let bytes = encoded {
      $0.append(WireField<UInt32>(1), 7)
      $0.append(WireField<String>(2), text)
      $0.append(WireField<UInt32>(3), 8)
    }

    let read = try WireReader(bytes)

    #expect(read.texts(2) == [text])
    #expect((read.integer(1), read.integer(3)) == (7, 8))
    #expect(read.order == [1, 2, 3])
  }
}
