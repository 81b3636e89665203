/// Encodes messages in the wire format of Protocol Buffers (https://protobuf.dev/programming-guides/encoding/).
///
/// Written out here because a trace has few and small messages: the package that reads and writes any message,
/// swift-protobuf, took more of a first build than any module of this one.
struct WireEncoder {
  /// What has been encoded so far.
  private(set) var bytes: [UInt8] = []

  /// Appends a field: its tag, and its value.
  mutating func append<Value: WireValue>(_ field: WireField<Value>, _ value: Value) {
    varint(UInt64(field.number) << 3 | UInt64(Value.wireType.rawValue))
    value.encode(into: &self)
  }

  /// Appends a field that may be left out.
  mutating func append<Value: WireValue>(_ field: WireField<Value>, _ value: Value?) {
    if let value { append(field, value) }
  }

  /// Appends each value of a repeated field.
  mutating func append<Value: WireValue>(_ field: WireField<[Value]>, _ values: [Value]) {
    for value in values { append(WireField<Value>(field.number), value) }
  }

  /// Seven bits a byte, the lowest ones first; the highest bit says that there are more.
  mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  mutating func fixed64(_ value: UInt64) { withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) } }

  /// Appends what `body` encodes, after its length.
  mutating func lengthDelimited(_ body: (inout WireEncoder) -> Void) {
    let start = bytes.count
    body(&self)
    var length = WireEncoder()
    length.varint(UInt64(bytes.count - start))
    bytes.insert(contentsOf: length.bytes, at: start)
  }

  mutating func append(raw bytes: some Sequence<UInt8>) { self.bytes.append(contentsOf: bytes) }

  mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }
}

/// A field of a message: the number by which the format knows it. `Value` is an array where the field is repeated.
struct WireField<Value> {
  let number: UInt32

  init(_ number: UInt32) { self.number = number }
}
