/// Reads the head of a GGUF file from start to end, a piece at a time. Every length is checked against what is left of the
/// file, and what is kept of it against limits far beyond those of published models.
///
/// Source: ggml, `docs/gguf.md`, versions 2 and 3, little-endian.
struct GGUFReader {
  private let file: OpenFile
  private(set) var offset = 0
  /// The piece that has been read last, and where it begins.
  private var piece: [UInt8] = []
  private var pieceStart = 0
  /// Elements of arrays that may still be kept.
  private var remainingElements = 1 << 23
  /// Bytes of texts that may still be kept.
  private var remainingText = 1 << 28

  private static let maximumDepth = 4
  private static let pieceByteCount = 1 << 18
  /// Bytes of a text; a chat template has some thousands.
  private static let longestText = 1 << 24
  /// Bytes of a name.
  private static let longestName = 1 << 16

  init(_ file: OpenFile) { self.file = file }

  private var remaining: Int { file.byteCount - offset }

  mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type, _ what: String)
    throws(WeightError) -> Value
  {
    let size = MemoryLayout<Value>.size
    guard remaining >= size else { throw truncated(what, size) }
    try fetch(size)
    defer { offset += size }
    let place = offset - pieceStart
    return piece.withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(fromByteOffset: place, as: Value.self)) }
  }

  /// Makes sure that the next bytes are in the piece at hand.
  private mutating func fetch(_ count: Int) throws(WeightError) {
    guard offset < pieceStart || offset + count > pieceStart + piece.count else { return }
    piece = try file.bytes(at: offset, count: min(remaining, max(count, Self.pieceByteCount)))
    pieceStart = offset
  }

  /// A count of things that take at least `size` bytes each.
  mutating func count(_ what: String, ofAtLeast size: Int, atMost limit: Int = .max) throws(WeightError) -> Int {
    let count = try integer(UInt64.self, what)
    guard count <= UInt64(remaining / size) else {
      throw WeightError(
        file.path, "\(what) is \(count) at byte \(offset - 8), more than the remaining \(remaining) bytes can hold")
    }
    guard count <= UInt64(limit) else {
      throw WeightError(file.path, "\(what) is \(count) at byte \(offset - 8), more than \(limit)")
    }
    return Int(count)
  }

  /// The name of a key or tensor.
  mutating func name(_ what: String) throws(WeightError) -> String {
    try text(count("the length of \(what)", ofAtLeast: 1, atMost: Self.longestName))
  }

  private mutating func text(_ length: Int) throws(WeightError) -> String {
    try fetch(length)
    defer { offset += length }
    let place = offset - pieceStart
    return String(decoding: piece[place..<place + length], as: UTF8.self)
  }

  mutating func value(of key: String) throws(WeightError) -> GGUFValue {
    let type = try integer(UInt32.self, "the type of \(key)")
    switch type {
    case 8: return .string(try text(count("the length of \(key)", ofAtLeast: 1, atMost: Self.longestText)))
    case 9: return try array(key)
    default: return try scalar(ofType: type, key)
    }
  }

  private mutating func scalar(ofType type: UInt32, _ key: String) throws(WeightError) -> GGUFValue {
    switch type {
    case 0: .integer(Int(try integer(UInt8.self, key)))
    case 1: .integer(Int(try integer(Int8.self, key)))
    case 2: .integer(Int(try integer(UInt16.self, key)))
    case 3: .integer(Int(try integer(Int16.self, key)))
    case 4: .integer(Int(try integer(UInt32.self, key)))
    case 5: .integer(Int(try integer(Int32.self, key)))
    case 6: .number(Double(Float(bitPattern: try integer(UInt32.self, key))))
    case 7: .bool(try integer(UInt8.self, key) != 0)
    case 10: .integer(Int(clamping: try integer(UInt64.self, key)))
    case 11: .integer(Int(try integer(Int64.self, key)))
    case 12: .number(Double(bitPattern: try integer(UInt64.self, key)))
    default: throw WeightError(file.path, "\(key) is of the unknown type \(type) at byte \(offset - 4)")
    }
  }

  /// An array of one type. What nobody asks for, and what is too large to be kept, is passed over.
  private mutating func array(_ key: String) throws(WeightError) -> GGUFValue {
    let type = try integer(UInt32.self, "the element type of \(key)")
    let length = try count("the length of \(key)", ofAtLeast: Self.minimumSize(ofType: type))
    guard length <= remainingElements, [0, 1, 2, 3, 4, 5, 8, 10, 11].contains(type) else {
      try passOver(length, ofType: type, key, depth: 1)
      return .omitted(count: length)
    }
    remainingElements -= length
    return type == 8 ? .strings(try texts(length, key)) : .integers(try integers(length, ofType: type, key))
  }

  private mutating func texts(_ length: Int, _ key: String) throws(WeightError) -> [String] {
    var texts: [String] = []
    texts.reserveCapacity(length)
    for _ in 0..<length {
      let byteCount = try count("the length of \(key)", ofAtLeast: 1, atMost: min(Self.longestText, remainingText))
      remainingText -= byteCount
      texts.append(try text(byteCount))
    }
    return texts
  }

  private mutating func integers(_ length: Int, ofType type: UInt32, _ key: String) throws(WeightError) -> [Int] {
    var integers: [Int] = []
    integers.reserveCapacity(length)
    for _ in 0..<length {
      guard case .integer(let value) = try scalar(ofType: type, key) else { continue }
      integers.append(value)
    }
    return integers
  }

  private mutating func passOver(_ length: Int, ofType type: UInt32, _ key: String, depth: Int) throws(WeightError) {
    switch type {
    case 0...7, 10...12: offset += length * Self.minimumSize(ofType: type)
    case 8:
      try check(length, of: key)
      for _ in 0..<length { offset += try count("the length of \(key)", ofAtLeast: 1) }
    case 9:
      guard depth < Self.maximumDepth else {
        throw WeightError(file.path, "\(key) nests arrays deeper than \(Self.maximumDepth)")
      }
      try check(length, of: key)
      for _ in 0..<length {
        let inner = try integer(UInt32.self, "the element type of \(key)")
        let count = try count("the length of \(key)", ofAtLeast: Self.minimumSize(ofType: inner))
        try passOver(count, ofType: inner, key, depth: depth + 1)
      }
    default: throw WeightError(file.path, "\(key) is of the unknown type \(type) at byte \(offset - 12)")
    }
  }

  /// Elements that have to be passed one by one are counted.
  private func check(_ length: Int, of key: String) throws(WeightError) {
    guard length <= 1 << 24 else { throw WeightError(file.path, "\(key) has \(length) entries, more than \(1 << 24)") }
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
      file.path, "ends too early: \(what) needs \(size) bytes at byte \(offset), the file has \(file.byteCount)")
  }
}
