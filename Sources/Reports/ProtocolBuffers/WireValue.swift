/// How the value after a tag is laid out; what the format calls its wire type.
enum WireType: UInt8 {
  case varint = 0
  case fixed64 = 1
  case lengthDelimited = 2
}

/// A value of a field.
protocol WireValue {
  static var wireType: WireType { get }

  /// Appends the value without its tag.
  func encode(into encoder: inout WireEncoder)
}

extension UInt64: WireValue {
  static var wireType: WireType { .varint }
  func encode(into encoder: inout WireEncoder) { encoder.varint(self) }
}

extension UInt32: WireValue {
  static var wireType: WireType { .varint }
  func encode(into encoder: inout WireEncoder) { encoder.varint(UInt64(self)) }
}

/// Negative numbers have ten bytes, as the format has it for `int64` and `int32`.
extension Int64: WireValue {
  static var wireType: WireType { .varint }
  func encode(into encoder: inout WireEncoder) { encoder.varint(UInt64(bitPattern: self)) }
}

extension Int32: WireValue {
  static var wireType: WireType { .varint }
  func encode(into encoder: inout WireEncoder) { Int64(self).encode(into: &encoder) }
}

extension Bool: WireValue {
  static var wireType: WireType { .varint }
  func encode(into encoder: inout WireEncoder) { encoder.varint(self ? 1 : 0) }
}

extension String: WireValue {
  static var wireType: WireType { .lengthDelimited }
  func encode(into encoder: inout WireEncoder) { encoder.lengthDelimited { $0.append(raw: utf8) } }
}

/// A number that always has eight bytes.
struct Fixed64: WireValue, Hashable, ExpressibleByIntegerLiteral {
  let value: UInt64

  init(_ value: UInt64) { self.value = value }

  init(integerLiteral value: UInt64) { self.value = value }

  static var wireType: WireType { .fixed64 }
  func encode(into encoder: inout WireEncoder) { encoder.fixed64(value) }
}

/// A number with a name.
protocol WireEnum: WireValue, RawRepresentable where RawValue == Int32 {}

extension WireEnum {
  static var wireType: WireType { .varint }
  func encode(into encoder: inout WireEncoder) { rawValue.encode(into: &encoder) }
}

/// A message, which is a value of another one's field.
protocol WireMessage: WireValue {
  /// Appends the fields, in the order of their numbers.
  func encodeFields(into encoder: inout WireEncoder)
}

extension WireMessage {
  static var wireType: WireType { .lengthDelimited }
  func encode(into encoder: inout WireEncoder) { encoder.lengthDelimited { encodeFields(into: &$0) } }
}
