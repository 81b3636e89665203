import Results

/// Writes packets of one sequence to a file and interns the strings they name: each is spelled out once, in the first
/// packet that needs it, and is a number afterwards.
struct TracePacketStream {
  private static let sequence: UInt32 = 1
  private static let bytesPerWrite = 1 << 16

  private let file: OutputFile
  private var pending = WireEncoder()
  private var interned = PerfettoInternedData()
  private var isFirst = true
  private var eventNames: [String: UInt64] = [:]
  private var categories: [String: UInt64] = [:]
  private var annotationNames: [String: UInt64] = [:]

  init(file: OutputFile) { self.file = file }

  mutating func eventName(_ name: String) -> UInt64 {
    Self.number(of: name, in: &eventNames, described: &interned.eventNames)
  }

  mutating func category(_ name: String) -> UInt64 {
    Self.number(of: name, in: &categories, described: &interned.eventCategories)
  }

  mutating func annotation(_ name: String, _ value: PerfettoDebugAnnotation.Value) -> PerfettoDebugAnnotation {
    let number = Self.number(of: name, in: &annotationNames, described: &interned.debugAnnotationNames)
    return PerfettoDebugAnnotation(nameIid: number, value: value)
  }

  private static func number(
    of name: String, in numbers: inout [String: UInt64], described: inout [PerfettoInternedName]
  ) -> UInt64 {
    if let number = numbers[name] { return number }
    let number = UInt64(numbers.count + 1)
    numbers[name] = number
    described.append(PerfettoInternedName(iid: number, name: name))
    return number
  }

  /// Adds a packet.
  ///
  /// - Parameter timestamp: nanoseconds; `nil` for a description, which belongs to no instant.
  mutating func append(_ content: PerfettoTracePacket.Content, at timestamp: UInt64? = nil) throws {
    let packet = PerfettoTracePacket(
      timestamp: timestamp, sequence: Self.sequence,
      flags: isFirst ? .incrementalStateCleared : .needsIncrementalState,
      internedData: interned.isEmpty ? nil : interned, content: content)
    isFirst = false
    if !interned.isEmpty { interned = PerfettoInternedData() }
    pending.append(PerfettoTrace.Field.packet, [packet])
    if pending.bytes.count >= Self.bytesPerWrite { try flush() }
  }

  /// Writes what is pending. Serialized traces that follow one another are one trace, as protocol buffers define.
  mutating func flush() throws {
    try file.write(pending.bytes)
    pending.removeAll()
  }
}
