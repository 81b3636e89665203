/// Hosts that fail.
extension FlowNetwork {
  /// Loses all messages from and to a host, those under way and those to come: it has failed. What has moved of them by now
  /// counts as carried.
  public func failHost(_ host: Int) {
    guard failedHosts.insert(host).inserted else { return }
    for (_, index) in connectionsInOrder(touching: host) {
      connections[index].isBroken = true
      stop(index)
      sendBuffers.forget(index)
      loseQueue(of: index)
    }
    assert(isSound, "a failed host has left something behind")
  }

  private func connectionsInOrder(touching host: Int) -> [(key: ConnectionKey, index: Int32)] {
    numbers.lazy.filter { $0.key.touches(host) }.map { ($0.key, $0.value) }.sorted { $0.key < $1.key }
  }

  private func stop(_ index: Int32) {
    connections[index].version &+= 1
    guard connections[index].isMoving else { return }
    // Of bytes that may pass at once, and of debts, more or less than the message may be left.
    let byteCount = messages[connections[index].first].byteCount
    let moved = byteCount - min(byteCount, bytesLeft(index))
    connections[index].isMoving = false
    withdraw(index, carried: moved)
  }

  private func loseQueue(of index: Int32) {
    var message = connections[index].first
    connections[index].first = -1
    connections[index].last = -1
    while message >= 0 {
      let lost = messages[message]
      messages.remove(message)
      counters.droppedMessages += 1
      messageObserver?.messageLost(token: lost.token)
      message = lost.next
    }
  }
}
