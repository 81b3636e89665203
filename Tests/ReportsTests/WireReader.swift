/// A message of the wire format of Protocol Buffers, read back field by field, whatever their meaning.
struct WireReader {
  enum Value: Equatable {
    case varint(UInt64)
    case fixed64(UInt64)
    case bytes([UInt8])
  }

  struct Malformed: Error {}

  /// Each field's values in order, by its number.
  private(set) var fields: [UInt32: [Value]] = [:]
  /// The numbers in the order in which fields came.
  private(set) var order: [UInt32] = []

  init(_ bytes: some Collection<UInt8>) throws {
    var rest = Array(bytes)[...]
    while !rest.isEmpty {
      let tag = try Self.varint(&rest)
      let number = UInt32(tag >> 3)
      let value: Value =
        switch tag & 7 {
        case 0: .varint(try Self.varint(&rest))
        case 1: .fixed64(try Self.take(8, from: &rest).reversed().reduce(0) { $0 << 8 | UInt64($1) })
        case 2: .bytes(Array(try Self.take(Int(try Self.varint(&rest)), from: &rest)))
        default: throw Malformed()
        }
      fields[number, default: []].append(value)
      order.append(number)
    }
  }

  func integers(_ number: UInt32) -> [UInt64] {
    (fields[number] ?? []).compactMap {
      switch $0 {
      case .varint(let value), .fixed64(let value): value
      case .bytes: nil
      }
    }
  }

  func integer(_ number: UInt32) -> UInt64? { integers(number).last }

  func texts(_ number: UInt32) -> [String] { bytes(number).map { String(decoding: $0, as: UTF8.self) } }

  func messages(_ number: UInt32) throws -> [WireReader] { try bytes(number).map { try WireReader($0) } }

  private func bytes(_ number: UInt32) -> [[UInt8]] {
    (fields[number] ?? []).compactMap { if case .bytes(let bytes) = $0 { bytes } else { nil } }
  }

  private static func varint(_ rest: inout ArraySlice<UInt8>) throws -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: 0, to: 70, by: 7) {
      guard let byte = rest.popFirst() else { throw Malformed() }
      value |= UInt64(byte & 0x7f) << UInt64(shift)
      if byte < 0x80 { return value }
    }
    throw Malformed()
  }

  private static func take(_ count: Int, from rest: inout ArraySlice<UInt8>) throws -> ArraySlice<UInt8> {
    guard count <= rest.count else { throw Malformed() }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }
}
