import Results
internal import SwiftProtobuf

/// Writes packets of one sequence to a file and interns the strings they name: each is spelled out once, in the first
/// packet that needs it, and is a number afterwards.
struct TracePacketStream {
  private static let sequence: UInt32 = 1
  private static let packetsPerWrite = 1024

  private let file: OutputFile
  private var pending = PerfettoTrace()
  private var interned = PerfettoInternedData()
  private var hasInterned = false
  private var isFirst = true
  private var eventNames: [String: UInt64] = [:]
  private var categories: [String: UInt64] = [:]
  private var annotationNames: [String: UInt64] = [:]

  init(file: OutputFile) { self.file = file }

  mutating func eventName(_ name: String) -> UInt64 {
    if let iid = eventNames[name] { return iid }
    let entry = PerfettoEventName.with {
      $0.iid = UInt64(eventNames.count + 1)
      $0.name = name
    }
    eventNames[name] = entry.iid
    interned.eventNames.append(entry)
    hasInterned = true
    return entry.iid
  }

  mutating func category(_ name: String) -> UInt64 {
    if let iid = categories[name] { return iid }
    let entry = PerfettoEventCategory.with {
      $0.iid = UInt64(categories.count + 1)
      $0.name = name
    }
    categories[name] = entry.iid
    interned.eventCategories.append(entry)
    hasInterned = true
    return entry.iid
  }

  mutating func annotation(_ name: String, _ value: PerfettoDebugAnnotation.OneOf_Value) -> PerfettoDebugAnnotation {
    let iid: UInt64
    if let known = annotationNames[name] {
      iid = known
    } else {
      iid = UInt64(annotationNames.count + 1)
      annotationNames[name] = iid
      let entry = PerfettoDebugAnnotationName.with {
        $0.iid = iid
        $0.name = name
      }
      interned.debugAnnotationNames.append(entry)
      hasInterned = true
    }
    return PerfettoDebugAnnotation.with {
      $0.nameIid = iid
      $0.value = value
    }
  }

  /// Adds a packet.
  ///
  /// - Parameter timestamp: nanoseconds; `nil` for a description, which belongs to no instant.
  mutating func append(_ data: PerfettoTracePacket.OneOf_Data, at timestamp: UInt64? = nil) throws {
    var packet = PerfettoTracePacket()
    packet.trustedPacketSequenceID = TracePacketStream.sequence
    let flags: PerfettoTracePacket.SequenceFlags = isFirst ? .seqIncrementalStateCleared : .seqNeedsIncrementalState
    packet.sequenceFlags = UInt32(flags.rawValue)
    isFirst = false
    if let timestamp { packet.timestamp = timestamp }
    if hasInterned {
      packet.internedData = interned
      interned = PerfettoInternedData()
      hasInterned = false
    }
    packet.data = data
    pending.packet.append(packet)
    if pending.packet.count == TracePacketStream.packetsPerWrite { try flush() }
  }

  /// Writes what is pending. Serialized traces that follow one another are one trace, as protocol buffers define.
  mutating func flush() throws {
    let bytes: [UInt8] = try pending.serializedBytes()
    try file.write(bytes)
    pending.packet.removeAll(keepingCapacity: true)
  }
}
