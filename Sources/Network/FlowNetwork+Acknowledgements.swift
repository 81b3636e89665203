import Quantities

/// Acknowledgements of what has arrived. See ``Acknowledgements``.
extension FlowNetwork {
  /// Notes a connection that has just been made.
  func expectAcknowledgements(of connection: Int32, for key: ConnectionKey) {
    var route: [LinkID] = []
    topology.appendRoute(from: key.destination, to: key.source, by: key.path, to: &route)
    acknowledgements.add(connection, opposite: numbers[key.reversed], route: route)
  }

  /// Charges the links of the way back for what a message's receiver has sent there.
  func acknowledge(_ byteCount: Double, on index: Int32) {
    let link = topology.links[Int(connections[index].firstLink)]
    guard link.packetBytes > 0, byteCount >= Link.smallBytes else { return }
    let now = engine.now.picoseconds
    let duration = Picoseconds.nearest(seconds: byteCount / link.bytesPerSecond)
    let route = acknowledgements.route(endOf: index, from: now - duration, to: now) { [connections] in
      connections[$0].isMoving
    }
    let bytes = (byteCount / link.packetBytes).rounded(.up) * link.acknowledgementBytes
    for other in route { buckets.charge(bytes, to: other, at: now, state: links[other]) }
  }
}
