/// Last turns of messages at links that let whole packets pass.
///
/// Connections of such a link take turns, a packet each (deficit round robin, Shreedhar and Varghese, "Efficient fair
/// queueing using deficit round robin", SIGCOMM 1995). Over many turns that is an equal share of the link. The last turn of
/// a message is different: its packet passes as a whole, while the others wait for theirs. So of seven messages of one
/// packet, which equal shares end together, the first is through after a seventh of the time.
///
/// Here the rates that connections in their last turn have at a link together go to the one whose message began first, as
/// far as its other links have room, then to the next one.
extension MaxMinSolver {
  /// Moves rates from connections that wait for their last turn to the one whose turn it is. No link gets more than it had.
  mutating func serveLastTurns(in network: FlowNetwork) {
    for component in componentLinks where network.topology.links[Int(component.link)].packetBytes > 0 {
      serveLastTurns(at: component.link, in: network)
    }
  }

  private mutating func serveLastTurns(at link: LinkID, in network: FlowNetwork) {
    waiting.removeAll(keepingCapacity: true)
    var crossing = network.links[link].firstCrossing
    while crossing >= 0 {
      let flow = network.crossings[crossing].connection
      if network.isInLastTurn(flow) { waiting.append(flow) }
      crossing = network.crossings[crossing].next
    }
    guard waiting.count > 1 else { return }
    var total = 0.0
    for flow in waiting {
      total += rates[Int(network.connections[flow].positionInComponent)]
      setRate(0, of: flow, in: network)
    }
    // The newest crossing stands first.
    for flow in waiting.reversed() {
      var rate = total
      for position in network.crossingRange(flow) {
        let other = Int(positionOfLink[Int(network.crossings[position].link)])
        rate = min(rate, max(0, componentLinks[other].residual))
      }
      total -= rate
      setRate(rate, of: flow, in: network)
    }
  }

  private mutating func setRate(_ rate: Double, of flow: Int32, in network: FlowNetwork) {
    let index = Int(network.connections[flow].positionInComponent)
    for position in network.crossingRange(flow) {
      componentLinks[Int(positionOfLink[Int(network.crossings[position].link)])].residual += rates[index] - rate
    }
    rates[index] = rate
  }
}
