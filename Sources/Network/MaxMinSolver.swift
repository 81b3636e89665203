import HeapModule

/// Computes max-min fair rates by progressive filling (Bertsekas and Gallager, Data Networks, section 6.5.2).
///
/// The rates r(f) of the flows f are the unique ones for which
///
///     r(f) >= 0                                   for every flow f
///     sum of r(f) over the flows of l <= C(l)     for every link l of capacity C(l)
///     every flow f crosses a bottleneck: a link l with
///         sum of r(f') over the flows f' of l = C(l)  and  r(f) >= r(f') for every flow f' of l
///
/// so no flow can gain without a flow of no higher rate losing. With F flows over L links and routes of H links, filling
/// takes O(F H log L). Only those flows are filled that a change can reach, see ``solve(_:in:)``.
struct MaxMinSolver {
  private struct Share: Comparable {
    /// Bytes per second for each unfixed flow of the link, at the time of insertion; never too high.
    let share: Double
    /// Position in the component.
    let position: Int32

    static func < (left: Share, right: Share) -> Bool {
      left.share != right.share ? left.share < right.share : left.position < right.position
    }
  }

  /// A link that flows to be solved cross.
  struct ComponentLink {
    let link: LinkID
    /// Bytes per second that are left for flows without a rate.
    var residual: Double
    /// Flows without a rate.
    var unfixed: Int32
    /// The rate of the flows that have their bottleneck here; infinite where there are none.
    var level = Double.infinity

    var fairShare: Double { residual / Double(unfixed) }
  }

  var componentLinks: [ComponentLink] = []
  var componentFlows: [Int32] = []
  var rates: [Double] = []
  /// The hop of each flow's bottleneck.
  private var hops: [Int32] = []
  var positionOfLink: [Int32] = []
  private var shares = Heap<Share>()
  /// Flows of which only a tail packet is left at a link.
  var waiting: [Int32] = []

  /// Solves the flows that a change at the `dirty` links can reach, and schedules the ends of those whose rates have
  /// changed.
  ///
  /// - Returns: the number of flows computed; those that were computed twice count twice.
  mutating func solve(_ dirty: [LinkID], in network: FlowNetwork) -> Int {
    // Where tail packets pool their rates, shares are not max-min fair, and bottlenecks say nothing.
    guard network.forwardsPackets else { return solveReachedFlows(dirty, in: network) }
    collectComponent(of: dirty, in: network)
    fill(in: network)
    serveTailPackets(in: network)
    apply(in: network)
    return componentFlows.count
  }

  mutating func removeAll(in network: FlowNetwork) {
    componentLinks.removeAll(keepingCapacity: true)
    componentFlows.removeAll(keepingCapacity: true)
    if positionOfLink.isEmpty { positionOfLink = Array(repeating: 0, count: network.links.count) }
  }

  /// All flows that shared links connect to those links.
  private mutating func collectComponent(of dirty: [LinkID], in network: FlowNetwork) {
    removeAll(in: network)
    for link in dirty {
      network.links[link].isDirty = false
      add(link, in: network)
    }
    collectConnectedFlows(in: network)
  }

  /// Adds the flows that shared links connect to those that are there.
  mutating func collectConnectedFlows(in network: FlowNetwork) {
    var next = 0
    while next < componentLinks.count {
      var crossing = network.links[componentLinks[next].link].firstCrossing
      while crossing >= 0 {
        addFlow(network.crossings[crossing].connection, in: network)
        crossing = network.crossings[crossing].next
      }
      next += 1
    }
  }

  mutating func add(_ link: LinkID, in network: FlowNetwork) {
    guard !network.links[link].isInComponent, network.links[link].crossings > 0 else { return }
    network.links[link].isInComponent = true
    positionOfLink[Int(link)] = Int32(componentLinks.count)
    componentLinks.append(
      ComponentLink(
        link: link, residual: network.links[link].capacity, unfixed: network.links[link].crossings))
  }

  mutating func addFlow(_ flow: Int32, in network: FlowNetwork) {
    guard network.connections[flow].positionInComponent < 0 else { return }
    network.connections[flow].positionInComponent = Int32(componentFlows.count)
    componentFlows.append(flow)
    for position in network.crossingRange(flow) { add(network.crossings[position].link, in: network) }
  }

  /// Repeatedly takes the link that gives its unfixed flows the least and fixes them at that rate. Shares of the other
  /// links only rise by this, so an outdated one in the heap is too low and is put back when it comes up.
  mutating func fill(in network: FlowNetwork) {
    rates.removeAll(keepingCapacity: true)
    rates.append(contentsOf: repeatElement(-1, count: componentFlows.count))
    hops.removeAll(keepingCapacity: true)
    hops.append(contentsOf: repeatElement(-1, count: componentFlows.count))
    shares = Heap(
      componentLinks.indices.map { Share(share: componentLinks[$0].fairShare, position: Int32($0)) })
    while let lowest = shares.popMin() {
      let link = componentLinks[Int(lowest.position)]
      guard link.unfixed > 0 else { continue }
      let share = link.fairShare
      if share > lowest.share {
        shares.insert(Share(share: share, position: lowest.position))
      } else {
        componentLinks[Int(lowest.position)].level = share
        fixFlows(of: link.link, at: share, in: network)
      }
    }
  }

  private mutating func fixFlows(of link: LinkID, at rate: Double, in network: FlowNetwork) {
    var crossing = network.links[link].firstCrossing
    while crossing >= 0 {
      let flow = network.crossings[crossing].connection
      let hop = crossing - network.connections[flow].routeStart
      crossing = network.crossings[crossing].next
      let index = Int(network.connections[flow].positionInComponent)
      guard index >= 0, rates[index] < 0 else { continue }
      rates[index] = rate
      hops[index] = hop
      for position in network.crossingRange(flow) {
        let other = Int(positionOfLink[Int(network.crossings[position].link)])
        componentLinks[other].residual = max(0, componentLinks[other].residual - rate)
        componentLinks[other].unfixed -= 1
      }
    }
  }

  /// Gives the flows their rates, and forgets which were solved.
  mutating func apply(in network: FlowNetwork) {
    for link in componentLinks { network.links[link.link].isInComponent = false }
    for index in componentFlows.indices {
      // The newest flows of a link stand first. Where whole packets are forwarded, of those that end at once the oldest
      // goes first.
      let position = network.forwardsPackets ? componentFlows.count - 1 - index : index
      let flow = componentFlows[position]
      network.connections[flow].bottleneckHop = hops[position]
      network.setRate(rates[position], of: flow)
    }
  }
}
