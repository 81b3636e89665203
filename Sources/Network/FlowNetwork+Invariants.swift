/// What always holds between events, checked in debug builds and by tests.
extension FlowNetwork {
  /// Whether every link's list holds the connections that move bytes over it and no others, every queue is in order, and
  /// broken connections are empty. O(network).
  package var isSound: Bool {
    var queued = 0
    var crossed = 0
    for index in connections.indices {
      guard let length = lengthOfSoundQueue(of: index) else { return false }
      queued += length
      if connections[index].isMoving { crossed += Int(connections[index].routeCount) }
    }
    let listed = links.indices.reduce(0) { $0 + Int(links[$1].crossings) }
    return queued == messages.count && listed == crossed && links.indices.allSatisfy { hasSoundList($0) }
  }

  /// Whether a link whose rates have just been solved is shared out within its capacity.
  func isSound(link: LinkID) -> Bool {
    var total = 0.0
    var crossing = links[link].firstCrossing
    while crossing >= 0 {
      total += connections[crossings[crossing].connection].rate
      crossing = crossings[crossing].next
    }
    return hasSoundList(link) && total <= links[link].capacity * (1 + 1e-9)
  }

  private func hasSoundList(_ link: LinkID) -> Bool {
    var count: Int32 = 0
    var previous: Int32 = -1
    var crossing = links[link].firstCrossing
    while crossing >= 0 {
      let entry = crossings[crossing]
      guard entry.link == link, entry.previous == previous, connections[entry.connection].isMoving else { return false }
      count += 1
      previous = crossing
      crossing = entry.next
    }
    return count == links[link].crossings
  }

  /// The number of messages in a connection's queue; `nil` where something is wrong with it.
  private func lengthOfSoundQueue(of index: Int32) -> Int? {
    let connection = connections[index]
    var length = 0
    var last: Int32 = -1
    var message = connection.first
    while message >= 0 {
      // One whose bytes move keeps its place, whatever comes.
      if length > (connection.isMoving ? 1 : 0), messages[message].ready < messages[last].ready { return nil }
      length += 1
      last = message
      message = messages[message].next
    }
    let isEmptyIfBroken = !connection.isBroken || (length == 0 && !connection.isMoving)
    return last == connection.last && isEmptyIfBroken && (length > 0 || !connection.isMoving) ? length : nil
  }
}

extension FlowNetwork {
  /// What is wrong with the rates as max-min fair ones, by the definition and without any solver; `nil` for nothing. To be asked
  /// between instants, of networks that do not forward whole packets. O(crossings).
  package var unfairness: String? {
    var (loads, fastest) = ([Double](repeating: 0, count: links.count), [Double](repeating: 0, count: links.count))
    let moving = connections.indices.filter { connections[$0].isMoving }
    for flow in moving {
      for position in crossingRange(flow) {
        let link = Int(crossings[position].link)
        loads[link] += connections[flow].rate
        fastest[link] = max(fastest[link], connections[flow].rate)
      }
    }
    for link in links.indices where loads[Int(link)] > links[link].capacity * (1 + 1e-9) {
      return "link \(link) carries \(loads[Int(link)]) of \(links[link].capacity) B/s"
    }
    for flow in moving {
      let rate = connections[flow].rate
      let hasBottleneck = crossingRange(flow).contains { position in
        let link = crossings[position].link
        return loads[Int(link)] >= links[link].capacity * (1 - 1e-9) && rate >= fastest[Int(link)] * (1 - 1e-9)
      }
      if !hasBottleneck { return "connection \(flow) at \(rate) B/s has no bottleneck" }
    }
    return nil
  }
}
