import Communication

extension RankRequest {
  /// Decodes a frame that begins with an interval.
  init(kind: FrameKind, _ reader: inout FrameReader) throws(ProtocolError) {
    interval = Interval(computedNanoseconds: try reader.integer(), site: try reader.integer())
    switch kind {
    case .group:
      isAnswered = false
      content = .group(try GroupRequest(&reader))
    case .collective:
      isAnswered = try reader.isAnswered()
      content = .collective(try CollectiveRequest(&reader))
    case .send:
      isAnswered = try reader.isAnswered()
      content = .send(try PointToPointRequest(&reader, isSend: true))
    case .receive:
      isAnswered = try reader.isAnswered()
      content = .receive(try PointToPointRequest(&reader, isSend: false))
    case .goodbye:
      isAnswered = false
      content = .goodbye(exitCode: try reader.integer(), reason: try reader.string())
    case .phase:
      isAnswered = false
      content = .phase(try reader.integer())
    case .declaration:
      isAnswered = false
      content = .declaration(
        DeclarationRequest(
          operation: try reader.integer(), key: try reader.integer(), arguments: try reader.integer()))
    case .progress:
      isAnswered = false
      content = .progress
    case .expect:
      isAnswered = false
      content = .expect(
        ExpectRequest(handle: try reader.integer(), namespace: try reader.string(), keys: try reader.keys()))
    default:
      isAnswered = true
      content = try Self.question(kind: kind, &reader)
    }
  }

  private static func question(kind: FrameKind, _ reader: inout FrameReader) throws(ProtocolError) -> Content {
    switch kind {
    case .wait: .wait(handle: try reader.integer(), timeoutNanoseconds: try reader.timeout())
    case .test: .test(handle: try reader.integer())
    case .now: .now
    case .event: .event(try reader.integer())
    case .sleep: .sleep(nanoseconds: try reader.integer())
    case .waitAny: .waitForAny(try ThreadsRequest(&reader))
    case .store: .store(try StoreRequest(&reader))
    default: throw ProtocolError("a frame of kind \(kind.rawValue) has no interval")
    }
  }
}

extension FrameReader {
  /// A duration, of which negative ones stand for none.
  fileprivate mutating func timeout() throws(ProtocolError) -> Int64? {
    let nanoseconds = try integer(Int64.self)
    return nanoseconds < 0 ? nil : nanoseconds
  }

  /// Keys of the store.
  fileprivate mutating func keys() throws(ProtocolError) -> [String] {
    try list(bytesPerEntry: 4) { (reader) throws(ProtocolError) in try reader.string() }
  }

  /// The flags of a primitive, of which only whether it is answered matters here.
  fileprivate mutating func isAnswered() throws(ProtocolError) -> Bool { try integer(UInt8.self) & 1 != 0 }

  /// A number of elements: as many of each rank of the largest cluster together have less than 2^63 bytes.
  fileprivate mutating func size() throws(ProtocolError) -> Int {
    let size = try integer(UInt64.self)
    guard size <= 1 << 40 else { throw ProtocolError("\(size) elements cannot be; at most 2^40 can") }
    return Int(size)
  }

  fileprivate mutating func sizes(atMost count: Int) throws(ProtocolError) -> [Int] {
    try list(bytesPerEntry: 8, atMost: count) { (reader) throws(ProtocolError) in try reader.size() }
  }
}

extension GroupRequest {
  fileprivate init(_ reader: inout FrameReader) throws(ProtocolError) {
    number = try reader.integer()
    name = try reader.integer()
    initialization = try reader.integer()
    library = Library(rawValue: try reader.integer()) ?? .gloo
    worldRanks = try reader.list(bytesPerEntry: 4, atMost: FrameReader.mostRanks) { (reader) throws(ProtocolError) in
      Int(try reader.integer(UInt32.self))
    }
  }
}

extension CollectiveRequest {
  private static let operations: [CollectiveOperation] = [
    .allReduce, .allGather, .reduceScatter, .reduce, .broadcast, .gather, .scatter, .allToAll, .barrier,
  ]

  fileprivate init(_ reader: inout FrameReader) throws(ProtocolError) {
    operation = try Self.operation(&reader)
    reduction = try ReductionOperator(&reader)
    dataType = try DataType(&reader)
    group = try reader.integer()
    handle = try reader.integer()
    root = Int(try reader.integer(UInt32.self))
    name = try reader.integer()
    elementCount = try reader.size()
    resultCount = try reader.size()
    // More axes than PyTorch's tensors can have.
    shape = try reader.sizes(atMost: 64)
    sendCounts = try reader.sizes(atMost: FrameReader.mostRanks)
    receiveCounts = try reader.sizes(atMost: FrameReader.mostRanks)
    block = try BlockPlace(&reader)
    timeoutNanoseconds = try reader.timeout()
  }

  private static func operation(_ reader: inout FrameReader) throws(ProtocolError) -> CollectiveOperation {
    let number = Int(try reader.integer(UInt8.self))
    guard number < operations.count else { throw ProtocolError("there is no collective \(number)") }
    return operations[number]
  }
}

extension PointToPointRequest {
  fileprivate init(_ reader: inout FrameReader, isSend: Bool) throws(ProtocolError) {
    dataType = try DataType(&reader)
    group = try reader.integer()
    handle = try reader.integer()
    let peer = try reader.integer(Int32.self)
    self.peer = peer < 0 ? nil : Int(peer)
    tag = Int(try reader.integer(Int32.self))
    elementCount = try reader.size()
    block = isSend ? try BlockPlace(&reader) : nil
  }
}

extension ThreadsRequest {
  fileprivate init(_ reader: inout FrameReader) throws(ProtocolError) {
    number = try reader.integer()
    called = try reader.integer()
    timeoutNanoseconds = try reader.timeout()
    handles = try reader.list(bytesPerEntry: 4) { (reader) throws(ProtocolError) in try reader.integer() }
  }
}

extension StoreRequest {
  fileprivate init(_ reader: inout FrameReader) throws(ProtocolError) {
    let number = try reader.integer(UInt8.self)
    guard let operation = Operation(rawValue: number) else { throw ProtocolError("no store operation \(number)") }
    self.operation = operation
    namespace = try reader.string()
    keys = try reader.keys()
    value = Array(try reader.counted())
    expected = Array(try reader.counted())
    delta = try reader.integer()
    timeoutNanoseconds = try reader.timeout()
  }
}
