import Uniference

/// Takes little-endian values off the body of a frame, one after another.
struct FrameReader {
  private var bytes: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

  /// Whether everything has been taken.
  var isAtEnd: Bool { bytes.isEmpty }

  mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type = Value.self) throws(ProtocolError) -> Value {
    let size = MemoryLayout<Value>.size
    guard bytes.count >= size else { throw ProtocolError("a frame ends in the middle of a number") }
    let value = bytes.withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(as: Value.self)) }
    bytes = bytes.dropFirst(size)
    return value
  }

  mutating func double() throws(ProtocolError) -> Double { Double(bitPattern: try integer()) }

  mutating func flag() throws(ProtocolError) -> Bool { try integer(UInt8.self) != 0 }

  mutating func raw(_ count: Int) throws(ProtocolError) -> ArraySlice<UInt8> {
    guard count >= 0, bytes.count >= count else { throw ProtocolError("a frame ends in the middle of \(count) bytes") }
    defer { bytes = bytes.dropFirst(count) }
    return bytes.prefix(count)
  }

  /// Bytes with their number before them.
  mutating func counted() throws(ProtocolError) -> ArraySlice<UInt8> { try raw(Int(try integer(UInt32.self))) }

  mutating func string() throws(ProtocolError) -> String { String(decoding: try counted(), as: UTF8.self) }

  /// As many ranks as the largest cluster has devices.
  static let mostRanks = Cluster.maximumDeviceCount

  /// A number that is not negative, and not so large that sums of it could be more than 64 bits hold.
  mutating func cost() throws(ProtocolError) -> Double {
    let cost = try double()
    guard (0...1e30).contains(cost) else { throw ProtocolError("an operation cannot cost \(cost)") }
    return cost
  }

  /// A list, whose entries take `bytesPerEntry` at least.
  mutating func list<Entry>(
    bytesPerEntry: Int, atMost longest: Int = .max, _ entry: (inout FrameReader) throws(ProtocolError) -> Entry
  ) throws(ProtocolError) -> [Entry] {
    let count = Int(try integer(UInt32.self))
    guard count <= longest else { throw ProtocolError("a list of \(count) entries, where at most \(longest) can be") }
    guard count * bytesPerEntry <= bytes.count else {
      throw ProtocolError("a list of \(count) entries does not fit in the \(bytes.count) bytes that are left")
    }
    var entries: [Entry] = []
    entries.reserveCapacity(count)
    for _ in 0..<count { entries.append(try entry(&self)) }
    return entries
  }
}

/// A peer that does not keep to `Documentation/bridge-protocol.md`.
struct ProtocolError: Error, CustomStringConvertible {
  let description: String

  init(_ problem: String) { description = "protocol error: \(problem)" }
}
