/// Reads the head of a GGUF file from start to end. Every length is checked against what is left of the file.
///
/// Source: ggml, `docs/gguf.md`, versions 2 and 3, little-endian.
struct GGUFReader {
  private let file: MappedFile
  private(set) var offset = 0
  private static let maximumDepth = 4

  init(_ file: MappedFile) { self.file = file }

  private var remaining: Int { file.bytes.count - offset }

  mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type, _ what: String)
    throws(WeightError) -> Value
  {
    let size = MemoryLayout<Value>.size
    guard remaining >= size else { throw truncated(what, size) }
    defer { offset += size }
    return Value(littleEndian: file.bytes.loadUnaligned(fromByteOffset: offset, as: Value.self))
  }

  /// A count of things that take at least `size` bytes each.
  mutating func count(_ what: String, ofAtLeast size: Int) throws(WeightError) -> Int {
    let count = try integer(UInt64.self, what)
    guard count <= UInt64(remaining / size) else {
      throw WeightError(
        file.path, "\(what) is \(count) at byte \(offset - 8), more than the remaining \(remaining) bytes can hold")
    }
    return Int(count)
  }

  mutating func string(_ what: String) throws(WeightError) -> String {
    let length = try count("the length of \(what)", ofAtLeast: 1)
    defer { offset += length }
    return String(decoding: file.bytes[offset..<offset + length], as: UTF8.self)
  }

  mutating func value(of key: String) throws(WeightError) -> GGUFValue {
    try value(ofType: integer(UInt32.self, "the type of \(key)"), key, depth: 0)
  }

  private mutating func value(ofType type: UInt32, _ key: String, depth: Int) throws(WeightError) -> GGUFValue {
    switch type {
    case 0: return .integer(Int(try integer(UInt8.self, key)))
    case 1: return .integer(Int(try integer(Int8.self, key)))
    case 2: return .integer(Int(try integer(UInt16.self, key)))
    case 3: return .integer(Int(try integer(Int16.self, key)))
    case 4: return .integer(Int(try integer(UInt32.self, key)))
    case 5: return .integer(Int(try integer(Int32.self, key)))
    case 6: return .number(Double(Float(bitPattern: try integer(UInt32.self, key))))
    case 7: return .bool(try integer(UInt8.self, key) != 0)
    case 8: return .string(try string(key))
    case 9: return try array(key, depth: depth + 1)
    case 10: return .integer(Int(clamping: try integer(UInt64.self, key)))
    case 11: return .integer(Int(try integer(Int64.self, key)))
    case 12: return .number(Double(bitPattern: try integer(UInt64.self, key)))
    default: throw WeightError(file.path, "\(key) is of the unknown type \(type) at byte \(offset - 4)")
    }
  }

  private mutating func array(_ key: String, depth: Int) throws(WeightError) -> GGUFValue {
    guard depth <= Self.maximumDepth else {
      throw WeightError(file.path, "\(key) nests arrays deeper than \(Self.maximumDepth)")
    }
    let type = try integer(UInt32.self, "the element type of \(key)")
    let length = try count("the length of \(key)", ofAtLeast: Self.minimumSize(ofType: type))
    var elements: [GGUFValue] = []
    elements.reserveCapacity(length)
    for _ in 0..<length { elements.append(try value(ofType: type, key, depth: depth)) }
    return .array(elements)
  }

  /// Bytes that a value of a type takes at least: strings begin with their length, arrays with a type and a length.
  private static func minimumSize(ofType type: UInt32) -> Int {
    switch type {
    case 2, 3: 2
    case 4, 5, 6: 4
    case 8, 10, 11, 12: 8
    case 9: 12
    default: 1
    }
  }

  private func truncated(_ what: String, _ size: Int) -> WeightError {
    WeightError(
      file.path, "ends too early: \(what) needs \(size) bytes at byte \(offset), the file has \(file.bytes.count)")
  }
}
