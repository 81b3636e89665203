extension EventRecord {
  /// Writes the record's ``byteCount`` bytes to the start of `destination`.
  @inline(__always)
  func store(to destination: UnsafeMutableRawPointer) {
    destination.storeBytes(of: time.littleEndian, toByteOffset: 0, as: Int64.self)
    destination.storeBytes(of: duration.littleEndian, toByteOffset: 8, as: Int64.self)
    destination.storeBytes(of: bytes.littleEndian, toByteOffset: 16, as: Int64.self)
    destination.storeBytes(of: kind.rawValue, toByteOffset: 24, as: UInt8.self)
    destination.storeBytes(of: flags.rawValue, toByteOffset: 25, as: UInt8.self)
    destination.storeBytes(of: name.littleEndian, toByteOffset: 26, as: UInt16.self)
    destination.storeBytes(of: rank.littleEndian, toByteOffset: 28, as: UInt32.self)
    destination.storeBytes(of: peer.littleEndian, toByteOffset: 32, as: UInt32.self)
    destination.storeBytes(of: tag.littleEndian, toByteOffset: 36, as: Int32.self)
  }

  /// The record at the start of `source`, which holds at least ``byteCount`` bytes; `nil` when its kind is unknown.
  init?(from source: UnsafeRawBufferPointer) {
    guard let kind = EventKind(rawValue: source[24]) else { return nil }
    self.init(
      time: Int64(littleEndian: source.loadUnaligned(fromByteOffset: 0, as: Int64.self)),
      duration: Int64(littleEndian: source.loadUnaligned(fromByteOffset: 8, as: Int64.self)),
      bytes: Int64(littleEndian: source.loadUnaligned(fromByteOffset: 16, as: Int64.self)),
      kind: kind,
      flags: EventFlags(rawValue: source[25]),
      name: UInt16(littleEndian: source.loadUnaligned(fromByteOffset: 26, as: UInt16.self)),
      rank: UInt32(littleEndian: source.loadUnaligned(fromByteOffset: 28, as: UInt32.self)),
      peer: UInt32(littleEndian: source.loadUnaligned(fromByteOffset: 32, as: UInt32.self)),
      tag: Int32(littleEndian: source.loadUnaligned(fromByteOffset: 36, as: Int32.self)))
  }
}

extension EventRecord {
  /// All records one after another, as they are on disk.
  package static func bytes(of records: [EventRecord]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: records.count * byteCount) { buffer, count in
      let start = UnsafeMutableRawPointer(mutating: UnsafeRawPointer(buffer.baseAddress))
      for (index, record) in records.enumerated() { start.map { record.store(to: $0 + index * byteCount) } }
      count = records.count * byteCount
    }
  }

  /// The records that `bytes` hold; those of unknown kinds are left out.
  package static func records(in bytes: [UInt8]) -> [EventRecord] {
    bytes.withUnsafeBytes { buffer in
      stride(from: 0, to: buffer.count / byteCount * byteCount, by: byteCount).compactMap {
        EventRecord(from: UnsafeRawBufferPointer(rebasing: buffer[$0..<$0 + byteCount]))
      }
    }
  }
}
