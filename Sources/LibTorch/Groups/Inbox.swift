import Communication
import Quantities
import Tensors

/// Messages to one member of a group, matched with its receives by source and tag.
///
/// c10d's receives must know the size of what they receive, and cannot take any tag. So a Swift member sends a header
/// first (``MessageHeader``), always from and to the processor's memory. Headers of one sender come in order and their
/// payloads in the same order; a payload that no receive waits for yet is received all the same and kept.
///
/// Sendable without checks because it is used only on the thread of its rank's loop.
final class Inbox: @unchecked Sendable {
  /// c10d's tags of headers and payloads between Swift members.
  static let headerTag: Int32 = 0x5546
  static let payloadTag: Int32 = 0x5547

  private unowned let communicator: TorchCommunicator
  /// Receives of a header, by source.
  private var awaitedHeaders: [Int: AwaitedHeader] = [:]
  /// Messages that no receive has been matched with.
  private var unexpected: [ArrivingMessage] = []
  /// Receives that no message has been matched with.
  private var posted: [ReceiveOperation] = []
  /// Sends until they have ended.
  private var sends: [TorchWork] = []

  private struct AwaitedHeader {
    let work: TorchWork
    let header: MessageHeader.Buffer
  }

  init(_ communicator: TorchCommunicator) { self.communicator = communicator }

  /// Keeps a send until it has ended, whoever else does.
  ///
  /// Asking gloo's works whether they have ended costs a thread, so that is done for many at once.
  func keep(_ work: TorchWork) {
    sends.append(work)
    guard sends.count > 64 else { return }
    // An error of a send is the sender's to tell, who waits for the same work.
    sends.removeAll { (try? $0.isCompleted()) ?? true }
  }

  /// Adds a receive, which takes the first message that it matches.
  func post(_ receive: ReceiveOperation) throws {
    if let index = unexpected.firstIndex(where: { receive.matches($0) }) {
      receive.message = unexpected.remove(at: index)
    } else {
      posted.append(receive)
      try awaitHeaders()
    }
  }

  /// Takes headers that have arrived and asks for those that a receive waits for.
  func advance() throws {
    var found = true
    while found {
      try awaitHeaders()
      found = false
      for (source, awaited) in awaitedHeaders.sorted(by: { $0.key < $1.key }) where try awaited.work.isCompleted() {
        try take(awaited, from: source)
        found = true
      }
    }
  }

  /// Blocks until the next message of `source` has said what it is.
  func awaitHeader(from source: Int) throws {
    guard let awaited = awaitedHeaders[source] else { return }
    try take(awaited, from: source)
    try awaitHeaders()
  }

  private func awaitHeaders() throws {
    let others = (0..<communicator.size).filter { $0 != communicator.rank && communicator.isSwift($0) }
    let wanted = posted.contains { $0.source == nil } ? others : Set(posted.compactMap(\.source)).sorted()
    for source in wanted where awaitedHeaders[source] == nil {
      let header = try MessageHeader.Buffer(library: communicator.world.library)
      let work = try communicator.group.receive(
        into: header.tensor, from: communicator.groupRanks[source], tag: Self.headerTag)
      awaitedHeaders[source] = AwaitedHeader(work: work, header: header)
    }
  }

  private func take(_ awaited: AwaitedHeader, from source: Int) throws {
    awaitedHeaders[source] = nil
    try awaited.work.wait()
    let message = try ArrivingMessage(awaited.header.read(), from: source, communicator)
    if let index = posted.firstIndex(where: { $0.matches(message) }) {
      posted.remove(at: index).message = message
    } else {
      unexpected.append(message)
    }
  }
}

/// A message whose header has arrived.
///
/// Sendable without checks because it is used only on the thread of its rank's loop.
final class ArrivingMessage: @unchecked Sendable {
  let header: MessageHeader
  let source: Int
  let content: TorchTensor
  private let work: TorchWork?

  /// Starts to receive the payload.
  init(_ header: MessageHeader, from source: Int, _ communicator: TorchCommunicator) throws {
    self.header = header
    self.source = source
    content = try communicator.freight.buffer(of: header.elementCount, header.elementType ?? .uint8)
    guard header.elementCount > 0 else {
      work = nil
      return
    }
    work = try communicator.group.receive(
      into: content, from: communicator.groupRanks[source], tag: Inbox.payloadTag)
  }

  func advance(mayBlock: Bool) throws -> Bool { try work?.advance(mayBlock: mayBlock) ?? true }
}

/// A receive from Swift members, until its message has arrived.
///
/// Sendable without checks because it is used only on the thread of its rank's loop.
final class ReceiveOperation: @unchecked Sendable {
  let source: Int?
  let tag: Int?
  var message: ArrivingMessage?
  private let inbox: Inbox

  init(from source: Int?, tag: Int?, inbox: Inbox) {
    self.source = source
    self.tag = tag
    self.inbox = inbox
  }

  func matches(_ message: ArrivingMessage) -> Bool {
    (source ?? message.source) == message.source && (tag ?? message.header.tag) == message.header.tag
  }
}

extension ReceiveOperation: Advancing {
  func advance(mayBlock: Bool) throws -> Bool {
    if mayBlock, let source {
      while message == nil { try inbox.awaitHeader(from: source) }
    } else if message == nil {
      try inbox.advance()
    }
    guard let message else { return false }
    return try message.advance(mayBlock: mayBlock)
  }
}
