import Communication
import Quantities

/// Communication between tensors in devices' memory.
///
/// Each form takes memory for what will arrive before it starts, as PyTorch Distributed has its caller do, and keeps
/// the tensor that is sent alive until the work has ended. Results are new tensors on the device of the one sent.
/// The other collectives work on tensors too and give messages, which ``Tensor/placed(on:label:)`` turns into tensors.
extension Communicator {
  /// Starts sending `tensor`, whose memory stays taken until the work is dropped.
  public func startSend(
    _ tensor: Tensor, to destination: Int, tag: Int = 0, fileID: StaticString = #fileID, line: UInt = #line
  ) throws -> Work<Void> {
    let location = SourceLocation(fileID: fileID, line: line)
    return try startSend(tensor.message, to: destination, tag: tag, at: location)
      .map { withExtendedLifetime(tensor) {} }
  }

  /// Sends `tensor` and waits until its memory is free to be used again.
  public func send(
    _ tensor: Tensor, to destination: Int, tag: Int = 0, fileID: StaticString = #fileID, line: UInt = #line
  ) async throws {
    try await startSend(tensor, to: destination, tag: tag, fileID: fileID, line: line)
      .wait(fileID: fileID, line: line)
  }

  /// Starts receiving a tensor of known shape and type into new memory of `device`.
  ///
  /// - Throws: when memory does not suffice; the work throws a ``ReceiveMismatchError`` when something else arrives.
  public func startReceive(
    shape: [Int], elementType: ElementType, on device: any TensorDevice, from source: Int?, tag: Int? = 0,
    fileID: StaticString = #fileID, line: UInt = #line
  ) throws -> Work<Tensor> {
    let buffer = try Tensor(uninitialized: shape, elementType: elementType, on: device, label: "receive buffer")
    let location = SourceLocation(fileID: fileID, line: line)
    return try startReceive(like: buffer, from: source, tag: tag, at: location).map { received in
      let message = received.payload
      guard message.elementCount == buffer.elementCount, message.elementType == elementType else {
        throw ReceiveMismatchError(
          source: received.source, sentShape: message.shape, sentType: message.elementType, expectedShape: shape,
          expectedType: elementType)
      }
      try device.fill(buffer.storage, with: message)
      return buffer
    }
  }

  /// Receives a tensor of known shape and type into new memory of `device`.
  public func receive(
    shape: [Int], elementType: ElementType, on device: any TensorDevice, from source: Int?, tag: Int? = 0,
    fileID: StaticString = #fileID, line: UInt = #line
  ) async throws -> Tensor {
    try await startReceive(
      shape: shape, elementType: elementType, on: device, from: source, tag: tag, fileID: fileID, line: line
    ).wait(fileID: fileID, line: line)
  }

  /// Starts combining all members' tensors, element by element, into a new tensor on every member.
  public func startAllReduce(
    _ tensor: Tensor, _ reduction: ReductionOperator = .sum, fileID: StaticString = #fileID, line: UInt = #line
  ) throws -> Work<Tensor> {
    let (device, buffer) = try tensor.receiveBuffer("allReduce", shape: tensor.shape)
    let location = SourceLocation(fileID: fileID, line: line)
    return try startAllReduce(tensor.message, reduction, at: location).map { message in
      try withExtendedLifetime(tensor) { try device.fill(buffer.storage, with: message) }
      return buffer
    }
  }

  /// Combines all members' tensors, element by element, into a new tensor on every member.
  public func allReduce(
    _ tensor: Tensor, _ reduction: ReductionOperator = .sum, fileID: StaticString = #fileID, line: UInt = #line
  ) async throws -> Tensor {
    try await startAllReduce(tensor, reduction, fileID: fileID, line: line).wait(fileID: fileID, line: line)
  }

  /// Adds all members' tensors up, element by element, as distributed-llama does: each sends its own, stored in a format, to
  /// all others and sums what it has got.
  public func sum(
    _ tensor: Tensor, sentAs format: QuantizedFormat, fileID: StaticString = #fileID, line: UInt = #line
  ) async throws -> Tensor {
    let parts = try await allGather(tensor.quantized(format), axis: 0, fileID: fileID, line: line)
    return try tensor.sum(ofQuantized: parts, format, count: size)
  }

  /// Starts joining all members' tensors along `axis` into a new tensor on every member.
  ///
  /// Blocks arrive one after another in one buffer. Where that is not the result's order, because axes before `axis`
  /// are longer than 1, waiting also copies them into it, which costs memory and time.
  ///
  /// - Parameter counts: each member's length along `axis`; all are as long as this member's without it.
  public func startAllGather(
    _ tensor: Tensor, axis: Int, counts: [Int]? = nil, fileID: StaticString = #fileID, line: UInt = #line
  ) throws -> Work<Tensor> {
    guard tensor.shape.indices.contains(axis),
      counts.map({ $0.count == size && $0[rank] == tensor.shape[axis] }) ?? true
    else {
      throw ShapeError(
        "allGather", shapes: [tensor.shape] + (counts.map { [$0] } ?? []),
        rule: "counts need one length for each of \(size) members, this one's equal to that of axis \(axis)")
    }
    let lengths = counts ?? Array(repeating: tensor.shape[axis], count: size)
    let elementsPerEntry = tensor.shape.indices.reduce(1) { $1 == axis ? $0 : $0 * tensor.shape[$1] }
    let total = lengths.reduce(0, +)
    let (device, buffer) = try tensor.receiveBuffer("allGather", shape: [total * elementsPerEntry])
    let location = SourceLocation(fileID: fileID, line: line)
    let elementCounts = counts?.map { $0 * elementsPerEntry }
    return try startAllGather(tensor.message, counts: elementCounts, at: location).map { blocks in
      try withExtendedLifetime(tensor) { try device.fill(buffer.storage, with: Tensor.concatenating(blocks)) }
      return try buffer.blocksJoined(lengths: lengths, axis: axis, likeShape: tensor.shape)
    }
  }

  /// Joins all members' tensors along `axis` into a new tensor on every member.
  public func allGather(
    _ tensor: Tensor, axis: Int, counts: [Int]? = nil, fileID: StaticString = #fileID, line: UInt = #line
  ) async throws -> Tensor {
    try await startAllGather(tensor, axis: axis, counts: counts, fileID: fileID, line: line)
      .wait(fileID: fileID, line: line)
  }
}

extension Tensor {
  fileprivate func receiveBuffer(_ operation: String, shape: [Int]) throws -> (any TensorDevice, Tensor) {
    guard let device else { throw PlacementError(operation: operation, operand: 0, isMessage: true) }
    return (
      device, try Tensor(uninitialized: shape, elementType: elementType, on: device, label: "receive buffer")
    )
  }

  /// This flat run of blocks, whose lengths along `axis` differ, as one tensor.
  fileprivate func blocksJoined(lengths: [Int], axis: Int, likeShape shape: [Int]) throws -> Tensor {
    var joined = shape
    joined[axis] = lengths.reduce(0, +)
    guard lengths.count > 1, shape[..<axis].contains(where: { $0 != 1 }) else { return try reshaped(to: joined) }
    var start = 0
    let blocks = try lengths.map { length in
      var block = shape
      block[axis] = length
      let end = start + block.reduce(1, *)
      defer { start = end }
      return try narrowed(axis: 0, to: start..<end).reshaped(to: block)
    }
    return try Tensor.concatenate(blocks, axis: axis)
  }
}

/// A tensor arrived that is not the one this member was told to expect.
public struct ReceiveMismatchError: Error, CustomStringConvertible, Hashable, Sendable {
  /// The sender's rank in the group.
  public let source: Int
  /// What was sent.
  public let sentShape: [Int]
  /// What was sent.
  public let sentType: ElementType
  /// What this member expects.
  public let expectedShape: [Int]
  /// What this member expects.
  public let expectedType: ElementType

  /// `rank 0 sent [4, 5] float32 where [21] float32 is expected`.
  public var description: String {
    "rank \(source) sent \(sentShape) \(sentType.rawValue) where \(expectedShape) \(expectedType.rawValue) is expected"
  }
}
