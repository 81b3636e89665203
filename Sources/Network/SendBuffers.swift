import SimulationKernel

/// Buffers from which connections send, as sockets have them.
///
/// The buffer of a connection holds what its sender has handed over and what has not arrived yet (TCP keeps it until it is
/// acknowledged). A message that fits into a buffer of B bytes is in it as soon as
///
///     bytes before it in its connection that have not arrived + its own <= B
///
/// which may be at once, whatever the latency of the route. Messages are taken in their order. This keeps, for each
/// connection on which messages wait to be taken, which these are and how many bytes stand before the first of them.
struct SendBuffers {
  struct Waiting {
    /// Messages, first to last, from `next` on; those before have been taken.
    var messages: [Int32]
    var next = 0
    /// Bytes of the messages before the first of them, of one whose bytes are moving all.
    var ahead: Double

    var first: Int32? { next < messages.count ? messages[next] : nil }
  }

  private var waiting: [Int32: Waiting] = [:]

  /// Whether no message waits anywhere.
  var isEmpty: Bool { waiting.isEmpty }

  subscript(connection: Int32) -> Waiting? {
    get { waiting[connection] }
    set { waiting[connection] = newValue }
  }

  /// A connection's first message has arrived.
  mutating func leave(_ byteCount: Double, of connection: Int32) { waiting[connection]?.ahead -= byteCount }

  mutating func forget(_ connection: Int32) { waiting[connection] = nil }
}

extension FlowNetwork {
  /// Tells the observer that a message which has just been queued is taken, as soon as that is so.
  func awaitTaking(of message: Int32, on index: Int32, from time: VirtualTime) {
    guard time > engine.now else { return waitForTaking(of: message, on: index) }
    engine.call(at: time, priority: .traffic) { [unowned self] in
      // It cannot have arrived by now, but it may have been lost.
      if !connections[index].isBroken { waitForTaking(of: message, on: index) }
    }
  }

  private func waitForTaking(of message: Int32, on index: Int32) {
    if sendBuffers[index] == nil {
      sendBuffers[index] = SendBuffers.Waiting(
        messages: [message], ahead: bytes(from: connections[index].first, upTo: message))
    } else {
      sendBuffers[index]?.messages.append(message)
    }
    // What was taken now had an event of its own, maybe at this instant.
    let hasTaken = reportTakings(index)
    guard connections[index].isMoving, hasTaken || sendBuffers[index]?.messages.count == 1 else { return }
    // A message that has met others only at this instant may have its tail packet left, whose beginning was no event.
    if forwardsPackets { settle(index) }
    scheduleEnd(index)
  }

  private func bytes(from first: Int32, upTo end: Int32) -> Double {
    var sum = 0.0
    var message = first
    while message >= 0, message != end {
      sum += messages[message].byteCount
      message = messages[message].next
    }
    return sum
  }

  /// Tells the observer of the messages of a connection that its sender's buffer has taken by now. Returns whether there
  /// were any.
  @discardableResult
  func reportTakings(_ index: Int32) -> Bool {
    var hasTaken = false
    while let waiting = sendBuffers[index], let message = waiting.first, room(for: message, of: waiting, on: index) >= 0
    {
      take(message, on: index)
      hasTaken = true
      messages[message].reportsTaking = false
      messageObserver?.messageTaken(token: messages[message].token)
    }
    return hasTaken
  }

  /// The bytes that a buffer has left beside a message and those before it; negative where it does not fit yet.
  private func room(for message: Int32, of waiting: SendBuffers.Waiting, on index: Int32) -> Double {
    var ahead = waiting.ahead
    if connections[index].isMoving {
      let byteCount = messages[connections[index].first].byteCount
      ahead -= byteCount - min(byteCount, bytesLeft(index))
    }
    return sendBufferBytes + tolerance(index) - ahead - messages[message].byteCount
  }

  private func take(_ message: Int32, on index: Int32) {
    guard var waiting = sendBuffers[index] else { return }
    waiting.next += 1
    guard let following = waiting.first else { return sendBuffers.forget(index) }
    waiting.ahead += bytes(from: message, upTo: following)
    if waiting.next > 64, waiting.next * 2 > waiting.messages.count {
      waiting.messages.removeFirst(waiting.next)
      waiting.next = 0
    }
    sendBuffers[index] = waiting
  }

  /// Bytes of the message under way that have to arrive before the buffer takes another one; infinitely many where none
  /// waits for them.
  func bytesUntilTaking(_ index: Int32) -> Double {
    guard let limit = bytesLeftAtTaking(index), connections[index].remaining > limit else { return .infinity }
    return connections[index].remaining - limit
  }

  /// Takes the messages for which there is room now that a part of the one under way has arrived. Returns whether more of
  /// it is left.
  func goesOnAfterTaking(_ index: Int32) -> Bool {
    guard let limit = bytesLeftAtTaking(index), bytesLeft(index) <= limit + tolerance(index), reportTakings(index)
    else {
      return false
    }
    settle(index)
    scheduleEnd(index)
    if forwardsPackets { markDirty(index) }
    return true
  }

  /// How much of the message under way is left when the buffer takes the next one that waits; `nil` where that is not
  /// before its end.
  private func bytesLeftAtTaking(_ index: Int32) -> Double? {
    guard let waiting = sendBuffers[index], let message = waiting.first else { return nil }
    let behind = waiting.ahead - messages[connections[index].first].byteCount
    let limit = sendBufferBytes - messages[message].byteCount - behind
    return limit > 0 ? limit : nil
  }

  /// Bytes that pass while the engine's clock cannot tell times apart, or are lost by rounding.
  private func tolerance(_ index: Int32) -> Double {
    max(1e-9 * max(sendBufferBytes, connections[index].remaining), 2e-12 * connections[index].rate)
  }
}
