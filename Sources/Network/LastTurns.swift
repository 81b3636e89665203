/// The last turns of messages at links that let whole packets pass.
///
/// Connections of such a link take turns, a packet each (deficit round robin, Shreedhar and Varghese, "Efficient fair
/// queueing using deficit round robin", SIGCOMM 1995). Over many turns that is an equal share of the link. The last turn of
/// a message is different: its packet passes as a whole, while the others wait for theirs. So of seven messages of one
/// packet, which equal shares end together, the first is through after a seventh of the time.
///
/// Here the rates that connections in their last turn have at a link together go to the one whose message began first, as
/// far as its other links have room, then to the next one.
struct LastTurns {
  private var group: [Int32] = []

  /// Moves rates from connections that wait for their last turn to the one whose turn it is.
  ///
  /// - Parameters:
  ///   - link: a link that lets whole packets pass.
  ///   - rates: bytes per second, by position in the component; they stay within all links' capacities.
  ///   - residual: takes so many bytes per second from what is left of a link, and says what is left then.
  mutating func serve(
    _ link: LinkID, in network: FlowNetwork, rates: inout [Double], residual: (LinkID, Double) -> Double
  ) {
    group.removeAll(keepingCapacity: true)
    var crossing = network.links[link].firstCrossing
    while crossing >= 0 {
      let flow = network.crossings[crossing].connection
      if network.isInLastTurn(flow) { group.append(flow) }
      crossing = network.crossings[crossing].next
    }
    guard group.count > 1 else { return }
    var total = 0.0
    for flow in group {
      let position = Int(network.connections[flow].positionInComponent)
      total += rates[position]
      for other in network.crossingRange(flow) { _ = residual(network.crossings[other].link, -rates[position]) }
      rates[position] = 0
    }
    // The newest crossing stands first.
    for flow in group.reversed() {
      var rate = total
      for other in network.crossingRange(flow) { rate = min(rate, residual(network.crossings[other].link, 0)) }
      total -= rate
      rates[Int(network.connections[flow].positionInComponent)] = rate
      for other in network.crossingRange(flow) { _ = residual(network.crossings[other].link, rate) }
    }
  }
}
