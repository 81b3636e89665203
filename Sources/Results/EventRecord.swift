/// One line of the event log: something that happened on a rank, from when to when, in virtual time.
///
/// On disk a record is ``byteCount`` bytes, little-endian, in the order of the properties; ``fields`` describes them
/// to NumPy, so that a log is read by `numpy.fromfile("events.bin", dtype=[tuple(f) for f in fields])`.
public struct EventRecord: Hashable, Sendable {
  /// When it began, in picoseconds of virtual time since the start of the run.
  public var time: Int64
  /// How long it lasted, in picoseconds; zero for an instant.
  public var duration: Int64
  /// Payload bytes of a message or of one member's contribution to a collective; what was measured of a computation
  /// that is ``EventFlags/measured``, in picoseconds.
  public var bytes: Int64
  /// What happened.
  public var kind: EventKind
  /// What sets this record apart from others of its kind.
  public var flags: EventFlags
  /// Index of the operation's name in the log's ``NameTable``; 0 when it has none.
  public var name: UInt16
  /// World rank on which it happened; a message's sender.
  public var rank: UInt32
  /// World rank of the other side (a message's receiver, a collective's root), or ``noPeer``.
  public var peer: UInt32
  /// A message's tag. For a collective the name-table index of its group's name. For a layer its number, or -1 for a part
  /// that has none. Otherwise 0.
  public var tag: Int32

  /// The peer of a record that has none.
  public static let noPeer = UInt32.max

  /// Size on disk.
  public static let byteCount = 40

  /// Name and NumPy type of each field on disk, in order.
  public static let fields: [[String]] = [
    ["time_ps", "<i8"], ["duration_ps", "<i8"], ["bytes", "<i8"], ["kind", "|u1"], ["flags", "|u1"],
    ["name", "<u2"], ["rank", "<u4"], ["peer", "<u4"], ["tag", "<i4"],
  ]

  /// - Parameters:
  ///   - time: start in picoseconds of virtual time.
  ///   - duration: length in picoseconds.
  public init(
    time: Int64, duration: Int64 = 0, bytes: Int64 = 0, kind: EventKind, flags: EventFlags = [], name: UInt16 = 0,
    rank: UInt32, peer: UInt32 = EventRecord.noPeer, tag: Int32 = 0
  ) {
    self.time = time
    self.duration = duration
    self.bytes = bytes
    self.kind = kind
    self.flags = flags
    self.name = name
    self.rank = rank
    self.peer = peer
    self.tag = tag
  }
}

/// What an ``EventRecord`` tells of. Zero stands for nothing, so that a hole in a file is not taken for an event.
public enum EventKind: UInt8, CaseIterable, Hashable, Sendable {
  /// A device executed an operation.
  case computation = 1
  /// A message, from being posted by `rank` until delivered to `peer`.
  case message = 2
  /// `rank` was blocked in a receive or in waiting for a handle.
  case wait = 3
  /// `rank` took part in a collective operation, from its call to its end on that rank.
  case collective = 4
  /// The program marked this instant, such as the first token.
  case marker = 5
  /// The rank's program returned.
  case finished = 6
  /// The rank's program threw an error.
  case failed = 7
  /// `rank` was in a phase of its program, such as the prompt's pass. Only in a record's spans.
  case phase = 8
  /// `rank` worked on a part of its model, such as a layer, whose number is the tag. Only in a record's spans.
  case layer = 9
  /// `rank` was in a call of its script, whose name says what it called and where. Only in a record's spans.
  case call = 10

  /// Whether it tells where in its program a rank was, rather than what happened.
  public var isSpan: Bool { rawValue >= EventKind.phase.rawValue }
}

/// Properties of an ``EventRecord``, one bit each.
public struct EventFlags: OptionSet, Hashable, Sendable {
  /// The bits as they are on disk.
  public let rawValue: UInt8

  /// Any bits; unknown ones are kept.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The run ended before the event did; its duration reaches to the end of the run.
  public static let incomplete = EventFlags(rawValue: 1 << 0)
  /// A message of a protocol, such as a clear-to-send, that carries no payload of the program.
  public static let control = EventFlags(rawValue: 1 << 1)
  /// A message that a collective operation sent.
  public static let partOfCollective = EventFlags(rawValue: 1 << 2)
  /// A computation whose time was measured; the device's speed stretched it to its duration.
  public static let measured = EventFlags(rawValue: 1 << 3)
  /// Found by an analysis of other events, not logged.
  public static let derived = EventFlags(rawValue: 1 << 4)
}
