import Communication
import Foundation
import Tensors

/// Point to point.
extension TorchCommunicator {
  package func startSend<P: Payload>(_ payload: P, to destination: Int, tag: Int, at location: SourceLocation) throws
    -> Work<Void>
  {
    try check(destination, is: "send", at: location)
    guard destination != rank else {
      throw CommunicationError(
        operation: "send", location: location, reason: "rank \(rank) sends to itself; only other ranks can receive")
    }
    return try told("send", at: location) {
      let content = try freight.loaded(payload)
      let receiver = groupRanks[destination]
      guard isSwift(destination) else {
        let work = try group.send(content, to: receiver, tag: Int32(truncatingIfNeeded: tag))
        return self.work([work], "send", at: location)
      }
      let header = MessageHeader(
        elementType: (payload as? Tensor)?.elementType, elementCount: payload.elementCount, tag: tag,
        posted: world.observer?.now ?? .zero)
      let note = try MessageHeader.Buffer(header, library: world.library)
      var parts = [try group.send(note.tensor, to: receiver, tag: Inbox.headerTag)]
      if payload.elementCount > 0 { parts.append(try group.send(content, to: receiver, tag: Inbox.payloadTag)) }
      return self.work(parts, "send", at: location)
    }
  }

  private func work(_ parts: [TorchWork], _ operation: String, at location: SourceLocation) -> Work<Void> {
    for part in parts { inbox.keep(part) }
    return Work(
      TorchOperation(SeveralWorks(parts), self, operation, at: location), member: rank
    ) {}
  }

  package func startReceive<P: Payload>(_ type: P.Type, from source: Int?, tag: Int?, at location: SourceLocation)
    throws -> Work<Received<P>>
  {
    if let source { try check(source, is: "receive", at: location) }
    guard source != rank else {
      throw CommunicationError(
        operation: "receive", location: location, reason: "rank \(rank) receives from itself; only other ranks can send"
      )
    }
    if let source, !isSwift(source) {
      throw CommunicationError(
        operation: "receive", location: location,
        reason: "rank \(source) is no Swift rank, whose messages do not say what they hold; receive a tensor of known "
          + "shape, or use a collective")
    }
    return try told("receive", at: location) {
      let receive = ReceiveOperation(from: source, tag: tag, inbox: inbox)
      try inbox.post(receive)
      let operation = TorchOperation(receive, self, "receive", at: location) { [world, worldRanks] in
        guard let message = receive.message else { return }
        world.observer?.received(
          byteCount: message.header.elementCount * (message.header.elementType?.byteCount ?? 1),
          from: worldRanks[message.source], tag: message.header.tag, posted: message.header.posted)
      }
      return Work(operation, member: rank) { [freight] in
        guard let message = receive.message else { throw TorchError("the message has not arrived") }
        do {
          let payload: P = try freight.unloaded(
            message.content, count: message.header.elementCount, message.header.elementType, as: P.self)
          return Received(source: message.source, tag: message.header.tag, payload: payload)
        } catch {
          throw CommunicationError(
            operation: "receive", location: location, reason: "from rank \(message.source): \(error)")
        }
      }
    }
  }

  package func startReceive<P: Payload>(like template: P, from source: Int?, tag: Int?, at location: SourceLocation)
    throws -> Work<Received<P>>
  {
    guard let source, source != rank, (0..<size).contains(source), !isSwift(source) else {
      return try startReceive(P.self, from: source, tag: tag, at: location)
    }
    guard let tag else {
      throw CommunicationError(
        operation: "receive", location: location, reason: "from rank \(source), which is no Swift rank: name the tag")
    }
    return try told("receive", at: location) {
      let content = try freight.buffer(of: template.elementCount, like: template)
      let part = try group.receive(
        into: content, from: groupRanks[source], tag: Int32(truncatingIfNeeded: tag))
      let posted = world.observer?.now ?? .zero
      let operation = TorchOperation(SeveralWorks([part]), self, "receive", at: location) { [world, worldRanks] in
        world.observer?.received(
          byteCount: template.byteCount, from: worldRanks[source], tag: tag, posted: posted)
      }
      return Work(operation, member: rank) { [freight] in
        let payload = try freight.unloaded(content, count: template.elementCount, like: template)
        return Received(source: source, tag: tag, payload: payload)
      }
    }
  }

  /// A body whose errors say which call they came from.
  func told<Result>(_ operation: String, at location: SourceLocation, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as TorchError {
      // gloo adds advice after the first sentence.
      let reason = error.description.components(separatedBy: ". This is typically")[0]
      throw CommunicationError(operation: operation, location: location, reason: "group \(name): \(reason)")
    }
  }
}

/// Communications that one call has started.
final class SeveralWorks: Advancing, @unchecked Sendable {
  private var open: [TorchWork]

  init(_ works: [TorchWork]) { open = works }

  func advance(mayBlock: Bool) throws -> Bool {
    while let first = open.first, try first.advance(mayBlock: mayBlock) { open.removeFirst() }
    return open.isEmpty
  }
}

/// A call under way, as its rank waits for it.
///
/// Sendable without checks because it is used only on the thread of its rank's loop.
final class TorchOperation: PendingOperation, Advancing, @unchecked Sendable {
  private let parts: any Advancing
  private let communicator: TorchCommunicator
  private let name: String
  private let location: SourceLocation
  private var hasEnded = false
  private let ended: () -> Void

  /// - Parameter ended: called once it has.
  init(
    _ parts: any Advancing, _ communicator: TorchCommunicator, _ name: String, at location: SourceLocation,
    ended: @escaping () -> Void = {}
  ) {
    self.parts = parts
    self.communicator = communicator
    self.name = name
    self.location = location
    self.ended = ended
  }

  func advance(mayBlock: Bool) throws -> Bool {
    if hasEnded { return true }
    let hasEnded = try communicator.told(name, at: location) {
      let isAlone = try communicator.world.advance()
      return try parts.advance(mayBlock: mayBlock && isAlone)
    }
    guard hasEnded else { return false }
    self.hasEnded = true
    ended()
    return true
  }

  func wait(for member: Int, at location: SourceLocation) async throws {
    try await communicator.world.loop.wait(for: self)
  }

  func hasEnded(for member: Int, at location: SourceLocation) async throws -> Bool {
    try advance(mayBlock: false)
  }
}
