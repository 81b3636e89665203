/// Tail packets of messages at links that forward whole packets.
///
/// Such links serve their connections by deficit round robin, a packet each (Shreedhar and Varghese, "Efficient fair queueing
/// using deficit round robin", SIGCOMM 1995). Over many rounds that is an equal share of the link. A message's tail packet
/// is different: it passes as a whole, while the others wait for theirs. So of seven messages of one packet, which equal
/// shares would end together, the first has passed after a seventh of the time.
///
/// Here the connections that have only a tail packet left pool their rates at a link. The pool goes to the one whose message
/// began first, as far as its other links have capacity left, then to the next one.
extension MaxMinSolver {
  /// Moves rates from connections whose tail packets wait to the one whose tail packet is served. No link carries more than
  /// before.
  mutating func serveTailPackets(in network: FlowNetwork) {
    for component in componentLinks where network.topology.links[Int(component.link)].packetBytes > 0 {
      serveTailPackets(at: component.link, in: network)
    }
  }

  private mutating func serveTailPackets(at link: LinkID, in network: FlowNetwork) {
    waiting.removeAll(keepingCapacity: true)
    var crossing = network.links[link].firstCrossing
    while crossing >= 0 {
      let flow = network.crossings[crossing].connection
      if network.isAtTail(flow) { waiting.append(flow) }
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
