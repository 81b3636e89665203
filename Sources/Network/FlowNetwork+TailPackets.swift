/// Tail packets of messages at links that forward whole packets. See `MaxMinSolver+TailPackets.swift`.
extension FlowNetwork {
  /// Whether the message that a connection is sending has only its tail packet left.
  func isAtTail(_ index: Int32) -> Bool {
    let left = bytesLeft(index)
    return left > 0 && left <= tailBytes(index) + Self.tolerance
  }

  /// The bytes of the tail packet of a message that is not there yet and meets others; otherwise 0.
  func bytesToKeep(_ index: Int32) -> Double {
    let bytes = tailBytes(index)
    guard connections[index].remaining > bytes + Self.tolerance,
      crossingRange(index).contains(where: { links[crossings[$0].link].crossings > 1 })
    else { return 0 }
    return bytes
  }

  /// Lets a message that is not at its end go on with its tail packet.
  func beginTail(_ index: Int32) -> Bool {
    guard bytesLeft(index) > tailBytes(index) / 2 else { return false }
    settle(index)
    scheduleEnd(index)
    markDirty(index)
    return true
  }

  /// Makes a connection the last to be served.
  func goBehindOthers(_ index: Int32) {
    for position in crossingRange(index) {
      let link = crossings[position].link
      leave(position, link)
      join(position, link)
    }
    markDirty(index)
  }

  /// Bytes that pass a link while the engine's clock cannot tell times apart are fewer.
  private static let tolerance = 1.0

  /// Bytes of a message's tail packet: what is more than whole packets, or one. A message of one packet is all tail, with
  /// the overdraft that it waits for.
  private func tailBytes(_ index: Int32) -> Double {
    let packet = topology.links[Int(connections[index].firstLink)].packetBytes
    guard packet > 0 else { return 0 }
    let bytes = messages[connections[index].first].byteCount
    if bytes <= packet { return .infinity }
    return max(2 * Self.tolerance, bytes - ((bytes / packet).rounded(.up) - 1) * packet)
  }
}
