import Communication
import Devices

/// A frame from a rank or the launcher.
enum RankFrame {
  case hello(Greeting)
  case name(id: UInt32, text: String)
  case work([DeviceWork])
  case memory([MemoryUse])
  case published(reduction: UInt64, block: BlockPlace)
  case stack(String)
  case request(RankRequest)
  /// Another thread of the rank wants to speak while some wait together.
  case interruption(wait: UInt32)
  case started(rank: Int, pid: Int32)
  case exited(rank: Int, status: Int32)
  case outputLost(String)

  /// Decodes what follows the length.
  init(_ bytes: ArraySlice<UInt8>) throws(ProtocolError) {
    var reader = FrameReader(bytes)
    let number = try reader.integer(UInt8.self)
    guard let kind = FrameKind(rawValue: number) else { throw ProtocolError("frames of kind \(number) are not known") }
    switch kind {
    case .hello: self = .hello(try Greeting(&reader))
    case .name: self = .name(id: try reader.integer(), text: try reader.string())
    case .operations:
      self = .work(
        try reader.list(bytesPerEntry: 54) { (reader) throws(ProtocolError) in
          .operation(try ComputedOperation(&reader))
        })
    case .streams:
      self = .work(
        try reader.list(bytesPerEntry: 9) { (reader) throws(ProtocolError) in .stream(try StreamCommand(&reader)) })
    case .memory:
      self = .memory(
        try reader.list(bytesPerEntry: 12, atMost: MemoryUse.mostKinds) { (reader) throws(ProtocolError) in
          try MemoryUse(&reader)
        })
    case .published:
      let reduction = try reader.integer(UInt64.self)
      guard let block = try BlockPlace(&reader) else { throw ProtocolError("a result was published without a block") }
      self = .published(reduction: reduction, block: block)
    case .stack: self = .stack(try reader.string())
    case .forget:
      self = .request(
        RankRequest(interval: Interval(), content: .forget(handle: try reader.integer()), isAnswered: false))
    case .interruption: self = .interruption(wait: try reader.integer())
    case .started: self = .started(rank: Int(try reader.integer(UInt32.self)), pid: try reader.integer())
    case .exited: self = .exited(rank: Int(try reader.integer(UInt32.self)), status: try reader.integer())
    case .outputLost: self = .outputLost(try reader.string())
    default: self = .request(try RankRequest(kind: kind, &reader))
    }
    guard reader.isAtEnd else { throw ProtocolError("a frame of kind \(number) is longer than it should be") }
  }
}

/// A connection's first frame.
struct Greeting: Sendable {
  static let magic: UInt32 = 0x4649_4E55
  static let protocolVersion: UInt16 = 6
  static let tokenLength = 32

  let version: UInt16
  let token: [UInt8]
  let pid: Int32
  /// `nil` when the process does not know.
  let rank: Int?
  let worldSize: Int?
  /// What identifies the rendezvous.
  let world: String
  let torchVersion: String

  init(_ reader: inout FrameReader) throws(ProtocolError) {
    guard try reader.integer(UInt32.self) == Self.magic else { throw ProtocolError("the first frame is no greeting") }
    version = try reader.integer()
    token = Array(try reader.raw(Self.tokenLength))
    pid = Int32(truncatingIfNeeded: try reader.integer(UInt32.self))
    let rank = try reader.integer(Int32.self)
    self.rank = rank < 0 ? nil : Int(rank)
    let worldSize = try reader.integer(Int32.self)
    self.worldSize = worldSize < 0 ? nil : Int(worldSize)
    world = try reader.string()
    torchVersion = try reader.string()
  }
}

extension ComputedOperation {
  init(_ reader: inout FrameReader) throws(ProtocolError) {
    name = try reader.integer()
    dataType = try DataType(&reader)
    cost = OperationCost(
      flops: try reader.cost(), bytesRead: try reader.cost(), bytesWritten: try reader.cost())
    shape = try KernelShape(&reader)
  }
}

extension KernelShape {
  /// A kind and six sizes, of which each kind has some.
  fileprivate init(_ reader: inout FrameReader) throws(ProtocolError) {
    let kind = try reader.integer(UInt8.self)
    var sizes: [Int] = []
    for _ in 0..<6 { sizes.append(Int(try reader.integer(UInt32.self))) }
    let (batch, heads, keyValueHeads, rows, inner, columns) = (
      sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5]
    )
    switch kind {
    case 0: self = .other
    case 1: self = .matrixMultiplication(batch: batch, rows: rows, inner: inner, columns: columns)
    case 2:
      self = .attention(
        batch: batch, heads: heads, keyValueHeads: keyValueHeads, queries: rows, keys: columns, headSize: inner)
    case 3: self = .normalization(rows: rows, columns: columns)
    default: throw ProtocolError("there is no kind of kernel \(kind)")
    }
  }
}

extension DataType {
  init(_ reader: inout FrameReader) throws(ProtocolError) {
    let number = try reader.integer(UInt8.self)
    guard let type = DataType(rawValue: number) else { throw ProtocolError("there is no element type \(number)") }
    self = type
  }
}

extension BlockPlace {
  /// `nil` stands for no block.
  init?(_ reader: inout FrameReader) throws(ProtocolError) {
    id = try reader.integer()
    segment = try reader.integer()
    offset = try reader.integer()
    if id == 0 { return nil }
    guard offset <= 1 << 60 else { throw ProtocolError("a block at \(offset) cannot be") }
  }
}
