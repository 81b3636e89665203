import Communication

extension RankConversation {
  /// Starts a collective with the places of the rank's values as its contribution.
  func start(_ request: CollectiveRequest, in communicator: any Communicator) throws -> Work<Delivery> {
    let payload = payload(request.elementCount, request.dataType, request.block)
    let counts = request.sendCounts.isEmpty ? nil : request.sendCounts
    let location = SourceLocation()
    switch request.operation {
    case .allReduce:
      return try communicator.startAllReduce(payload, request.reduction, at: location).map { Delivery(payloads: [$0]) }
    case .allGather:
      return try communicator.startAllGather(payload, counts: counts, at: location).map { Delivery(payloads: $0) }
    case .reduceScatter:
      return try communicator.startReduceScatter(payload, request.reduction, counts: counts, at: location)
        .map { Delivery(payloads: [$0]) }
    case .reduce:
      return try communicator.startReduce(payload, request.reduction, root: request.root, at: location)
        .map { Delivery(payloads: $0.map { [$0] } ?? []) }
    case .broadcast:
      // The root's tensor holds the values already.
      let isRoot = communicator.rank == request.root
      return try communicator.startBroadcast(payload, root: request.root, at: location)
        .map { isRoot ? Delivery() : Delivery(payloads: [$0]) }
    case .gather:
      return try communicator.startGather(payload, root: request.root, at: location)
        .map { Delivery(payloads: $0 ?? []) }
    case .scatter: return try startScatter(request, payload, in: communicator)
    case .allToAll: return try startAllToAll(request, payload, in: communicator)
    case .barrier: return try communicator.startBarrier(at: location).map { Delivery() }
    }
  }

  private func startScatter(
    _ request: CollectiveRequest, _ payload: TensorPayload, in communicator: any Communicator
  ) throws -> Work<Delivery> {
    let template = TensorPayload(
      elementCount: request.resultCount, dataType: request.dataType, content: .sizeOnly)
    let blocks: [TensorPayload]? =
      communicator.rank == request.root
      ? try split(payload, into: Array(repeating: request.resultCount, count: communicator.size)) : nil
    return try communicator.startScatter(blocks, like: template, root: request.root, at: SourceLocation())
      .map { Delivery(payloads: [$0]) }
  }

  private func startAllToAll(
    _ request: CollectiveRequest, _ payload: TensorPayload, in communicator: any Communicator
  ) throws -> Work<Delivery> {
    let size = communicator.size
    let isEven = request.sendCounts.isEmpty && request.receiveCounts.isEmpty
    let equal = Array(repeating: payload.elementCount / size, count: size)
    let sendCounts = request.sendCounts.isEmpty ? equal : request.sendCounts
    let receiveCounts =
      request.receiveCounts.isEmpty ? Array(repeating: request.resultCount / size, count: size) : request.receiveCounts
    return try communicator.startAllToAll(
      try split(payload, into: sendCounts), receiveCounts: isEven ? nil : receiveCounts, at: SourceLocation()
    ).map { Delivery(payloads: $0) }
  }

  func startSend(_ request: PointToPointRequest, in communicator: any Communicator) throws -> Work<Delivery> {
    let payload = payload(request.elementCount, request.dataType, request.block)
    return try communicator.startSend(payload, to: request.peer ?? -1, tag: request.tag, at: SourceLocation())
      .map { Delivery() }
  }

  func startReceive(_ request: PointToPointRequest, in communicator: any Communicator) throws -> Work<Delivery> {
    let expected = request.elementCount * request.dataType.byteCount
    return try communicator.startReceive(
      TensorPayload.self, from: request.peer, tag: request.tag, at: SourceLocation()
    ).map { message in
      guard message.payload.byteCount == expected else {
        throw RefusedCall(
          """
          the message from rank \(message.source) holds \(message.payload.elementCount) elements of \
          \(message.payload.elementName) (\(message.payload.byteCount) bytes), but the tensor to receive into has \
          \(request.elementCount) of \(request.dataType.name) (\(expected) bytes)
          """)
      }
      return Delivery(payloads: [message.payload], received: (message.source, message.tag))
    }
  }

  // MARK: Payloads

  private func payload(_ elementCount: Int, _ dataType: DataType, _ place: BlockPlace?) -> TensorPayload {
    guard let place else { return TensorPayload(elementCount: elementCount, dataType: dataType, content: .sizeOnly) }
    let piece = Piece(
      block: SharedBlock(owner: link, place: place), offset: 0, byteCount: elementCount * dataType.byteCount)
    return TensorPayload(elementCount: elementCount, dataType: dataType, content: .pieces([piece]))
  }

  private func split(_ payload: TensorPayload, into counts: [Int]) throws -> [TensorPayload] {
    guard counts.count <= rank.world.size, counts.reduce(0, +) == payload.elementCount else {
      throw RefusedCall(
        "\(counts.count) parts of \(counts.prefix(16)) elements do not make up the \(payload.elementCount) that there are"
      )
    }
    var start = 0
    return counts.map { count in
      defer { start += count }
      return payload.elements(in: start..<start + count)
    }
  }
}
