/// What one kind of tensors took of a device's memory at its peak.
struct MemoryUse: Sendable {
  static let mostKinds = 16

  let label: String
  let byteCount: Int

  init(_ reader: inout FrameReader) throws(ProtocolError) {
    label = try reader.string()
    let count = try reader.integer(Int64.self)
    guard count >= 0, count <= 1 << 50 else { throw ProtocolError("\(count) bytes of \(label) cannot be") }
    byteCount = Int(count)
  }
}
