// The part of Perfetto's trace format that the writer in this folder uses. Names, numbers and types of the fields are
// those of https://github.com/google/perfetto/tree/main/protos/perfetto/trace; Tests/Python/test_perfetto_fields.py reads
// this file and compares them with Perfetto's own classes.

/// A trace: packets, one after another.
struct PerfettoTrace {
  enum Field {
    static let packet = WireField<[PerfettoTracePacket]>(1)
  }
}

/// A packet: a description or an event, and the strings that are named from here on.
struct PerfettoTracePacket: WireMessage {
  enum Field {
    static let timestamp = WireField<UInt64>(8)
    static let trustedPacketSequenceId = WireField<UInt32>(10)
    static let trackEvent = WireField<PerfettoTrackEvent>(11)
    static let internedData = WireField<PerfettoInternedData>(12)
    static let sequenceFlags = WireField<UInt32>(13)
    static let trackDescriptor = WireField<PerfettoTrackDescriptor>(60)
  }

  enum SequenceFlags: UInt32 {
    case incrementalStateCleared = 1
    case needsIncrementalState = 2
  }

  enum Content {
    case trackEvent(PerfettoTrackEvent)
    case trackDescriptor(PerfettoTrackDescriptor)
  }

  /// Nanoseconds.
  var timestamp: UInt64?
  var sequence: UInt32
  var flags: SequenceFlags
  var internedData: PerfettoInternedData?
  var content: Content

  func encodeFields(into encoder: inout WireEncoder) {
    encoder.append(Field.timestamp, timestamp)
    encoder.append(Field.trustedPacketSequenceId, sequence)
    if case .trackEvent(let event) = content { encoder.append(Field.trackEvent, event) }
    encoder.append(Field.internedData, internedData)
    encoder.append(Field.sequenceFlags, flags.rawValue)
    if case .trackDescriptor(let descriptor) = content { encoder.append(Field.trackDescriptor, descriptor) }
  }
}

/// A track: a device's group of rows, which is a process, or a row in it.
struct PerfettoTrackDescriptor: WireMessage {
  enum Field {
    static let uuid = WireField<UInt64>(1)
    static let name = WireField<String>(2)
    static let process = WireField<PerfettoProcessDescriptor>(3)
    static let parentUuid = WireField<UInt64>(5)
    static let counter = WireField<PerfettoCounterDescriptor>(8)
    static let childOrdering = WireField<ChildTracksOrdering>(11)
    static let siblingOrderRank = WireField<Int32>(12)
  }

  enum ChildTracksOrdering: Int32, WireEnum {
    case explicit = 3
  }

  var uuid: UInt64
  var name: String?
  var process: PerfettoProcessDescriptor?
  var parentUuid: UInt64?
  var counter: PerfettoCounterDescriptor?
  var childOrdering: ChildTracksOrdering?
  var siblingOrderRank: Int32?

  func encodeFields(into encoder: inout WireEncoder) {
    encoder.append(Field.uuid, uuid)
    encoder.append(Field.name, name)
    encoder.append(Field.process, process)
    encoder.append(Field.parentUuid, parentUuid)
    encoder.append(Field.counter, counter)
    encoder.append(Field.childOrdering, childOrdering)
    encoder.append(Field.siblingOrderRank, siblingOrderRank)
  }
}

/// A process, which a device is to Perfetto.
struct PerfettoProcessDescriptor: WireMessage {
  enum Field {
    static let pid = WireField<Int32>(1)
    static let processName = WireField<String>(6)
  }

  var pid: Int32
  var processName: String

  func encodeFields(into encoder: inout WireEncoder) {
    encoder.append(Field.pid, pid)
    encoder.append(Field.processName, processName)
  }
}

/// A row that shows a figure over time.
struct PerfettoCounterDescriptor: WireMessage {
  enum Field {
    static let unitName = WireField<String>(6)
  }

  var unitName: String

  func encodeFields(into encoder: inout WireEncoder) { encoder.append(Field.unitName, unitName) }
}

/// A slice's begin or end, an instant, or a counter's value, on a track.
struct PerfettoTrackEvent: WireMessage {
  enum Field {
    static let categoryIids = WireField<[UInt64]>(3)
    static let debugAnnotations = WireField<[PerfettoDebugAnnotation]>(4)
    static let type = WireField<Kind>(9)
    static let nameIid = WireField<UInt64>(10)
    static let trackUuid = WireField<UInt64>(11)
    static let counterValue = WireField<Int64>(30)
    static let flowIds = WireField<[Fixed64]>(47)
    static let terminatingFlowIds = WireField<[Fixed64]>(48)
  }

  /// `TrackEvent.Type`.
  enum Kind: Int32, WireEnum {
    case sliceBegin = 1
    case sliceEnd = 2
    case instant = 3
    case counter = 4
  }

  var type: Kind
  var trackUuid: UInt64
  var nameIid: UInt64?
  var categoryIids: [UInt64] = []
  var debugAnnotations: [PerfettoDebugAnnotation] = []
  var counterValue: Int64?
  var flowIds: [Fixed64] = []
  var terminatingFlowIds: [Fixed64] = []

  func encodeFields(into encoder: inout WireEncoder) {
    encoder.append(Field.categoryIids, categoryIids)
    encoder.append(Field.debugAnnotations, debugAnnotations)
    encoder.append(Field.type, type)
    encoder.append(Field.nameIid, nameIid)
    encoder.append(Field.trackUuid, trackUuid)
    encoder.append(Field.counterValue, counterValue)
    encoder.append(Field.flowIds, flowIds)
    encoder.append(Field.terminatingFlowIds, terminatingFlowIds)
  }
}

/// A named value of an event.
struct PerfettoDebugAnnotation: WireMessage {
  enum Field {
    static let nameIid = WireField<UInt64>(1)
    static let boolValue = WireField<Bool>(2)
    static let intValue = WireField<Int64>(4)
    static let stringValue = WireField<String>(6)
  }

  enum Value {
    case bool(Bool)
    case int(Int64)
    case string(String)
  }

  var nameIid: UInt64
  var value: Value

  func encodeFields(into encoder: inout WireEncoder) {
    encoder.append(Field.nameIid, nameIid)
    switch value {
    case .bool(let value): encoder.append(Field.boolValue, value)
    case .int(let value): encoder.append(Field.intValue, value)
    case .string(let value): encoder.append(Field.stringValue, value)
    }
  }
}

/// Strings that later packets name by number, each kind with numbers of its own.
struct PerfettoInternedData: WireMessage {
  enum Field {
    static let eventCategories = WireField<[PerfettoInternedName]>(1)
    static let eventNames = WireField<[PerfettoInternedName]>(2)
    static let debugAnnotationNames = WireField<[PerfettoInternedName]>(3)
  }

  var eventCategories: [PerfettoInternedName] = []
  var eventNames: [PerfettoInternedName] = []
  var debugAnnotationNames: [PerfettoInternedName] = []

  var isEmpty: Bool { eventCategories.isEmpty && eventNames.isEmpty && debugAnnotationNames.isEmpty }

  func encodeFields(into encoder: inout WireEncoder) {
    encoder.append(Field.eventCategories, eventCategories)
    encoder.append(Field.eventNames, eventNames)
    encoder.append(Field.debugAnnotationNames, debugAnnotationNames)
  }
}

/// A string and its number: `EventCategory`, `EventName` and `DebugAnnotationName`, which have the same fields.
struct PerfettoInternedName: WireMessage {
  enum Field {
    static let iid = WireField<UInt64>(1)
    static let name = WireField<String>(2)
  }

  var iid: UInt64
  var name: String

  func encodeFields(into encoder: inout WireEncoder) {
    encoder.append(Field.iid, iid)
    encoder.append(Field.name, name)
  }
}
