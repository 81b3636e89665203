/// Turns at links that let whole packets pass. See `MaxMinSolver+LastTurns.swift`.
extension FlowNetwork {
  /// Whether the message that a connection is sending ends with its next turn.
  func isInLastTurn(_ index: Int32) -> Bool {
    let left = bytesLeft(index)
    return left > 0 && left <= bytesOfLastTurn(index) + Self.tolerance
  }

  /// What is left for the last turn of a message that is not there yet and meets others; otherwise nothing.
  func bytesToKeep(_ index: Int32) -> Double {
    let bytes = bytesOfLastTurn(index)
    guard connections[index].remaining > bytes + Self.tolerance,
      crossingRange(index).contains(where: { links[crossings[$0].link].crossings > 1 })
    else { return 0 }
    return bytes
  }

  /// Lets a message that is not at its end go on with its last turn.
  func beginLastTurn(_ index: Int32) -> Bool {
    guard bytesLeft(index) > bytesOfLastTurn(index) / 2 else { return false }
    settle(index)
    scheduleEnd(index)
    markDirty(index)
    return true
  }

  /// Gives a connection the latest turn.
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

  /// What the last turn of a message has to send: what is more than whole packets, or one. It is the only turn of a message
  /// of one packet, with the debts that this one waits for.
  private func bytesOfLastTurn(_ index: Int32) -> Double {
    let packet = topology.links[Int(connections[index].firstLink)].packetBytes
    guard packet > 0 else { return 0 }
    let bytes = messages[connections[index].first].byteCount
    if bytes <= packet { return .infinity }
    return max(2 * Self.tolerance, bytes - ((bytes / packet).rounded(.up) - 1) * packet)
  }
}
