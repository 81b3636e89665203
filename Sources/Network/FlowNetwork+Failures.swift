/// Hosts that fail.
extension FlowNetwork {
  /// Loses all messages from and to a host, and those that it would relay, those under way and those to come: it has
  /// failed. What has moved of them by now counts as carried.
  ///
  /// Other paths that the topology may have are not taken: connections keep to theirs. Switches do not fail.
  public func failHost(_ host: Int) {
    guard !failedHosts.contains(host) else { return }
    failedHosts.append(host)
    for (_, index) in connectionsInOrder(over: host) where !connections[index].isBroken {
      connections[index].isBroken = true
      breakers[index] = host
      stop(index)
      sendBuffers.forget(index)
      loseQueue(of: index)
    }
    assert(isSound, "a failed host has left something behind")
  }

  /// The host without which two others cannot talk, and that has failed; the first one, if there are several.
  ///
  /// - Parameter path: as of ``connection(from:to:channel:path:)``.
  public func failedHost(between source: Int, and destination: Int, by path: PathChoice) -> Int? {
    guard !failedHosts.isEmpty else { return nil }
    let needed = topology.relays(between: source, and: destination, by: path).union([source, destination])
    return failedHosts.first(where: needed.contains)
  }

  private func connectionsInOrder(over host: Int) -> [(key: ConnectionKey, index: Int32)] {
    numbers.lazy.filter { [topology] in
      $0.key.touches(host)
        || topology.relays(between: $0.key.source, and: $0.key.destination, by: $0.key.path).contains(host)
    }.map { ($0.key, $0.value) }.sorted { $0.key < $1.key }
  }

  private func stop(_ index: Int32) {
    connections[index].version &+= 1
    guard connections[index].isMoving else { return }
    // Of bytes that may pass at once, and of an overdraft, more or less than the message may be left.
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
      messageObserver?.messageLost(token: lost.token, host: breakers[index] ?? -1)
      message = lost.next
    }
  }
}
