/// Which flows a change can reach.
///
/// Solving everything that shared links connect to a change is seldom necessary: in a fat tree whose hosts send to random
/// partners, one message's start is connected to a hundred flows and changes the rates of five. The definition of max-min
/// fair rates (``MaxMinSolver``) tells when others may keep theirs, since it asks something of each link and each flow alone:
/// that the link carries no more than its capacity, and that the flow has a bottleneck. So some flows are solved while all
/// others keep their rates, and the result is *the* solution, which is unique, if afterwards
///
/// 1. no link carries more than its capacity: the solved flows share what the others leave;
/// 2. each solved flow has a bottleneck: the link at which it was fixed, unless some flow that kept its rate is faster there;
/// 3. each flow that kept its rate still has its bottleneck: nothing has changed there, or the solved flows of that link carry
///    in sum what they did before, none of them faster than this flow.
///
/// A flow that breaks 2 or 3 is solved, too, and everything is tried once more. First come flows that have just started, and
/// those that have their bottleneck at a link where one has started or ended. Flows of other links are reached only through
/// bottlenecks whose flows really change, which is what Ros-Giralt et al. call the bottleneck structure ("On the bottleneck
/// structure of congestion-controlled networks", SIGMETRICS 2020).
///
/// Rates are sums and quotients of others, exact to some 1e-16. What differs by less than 1e-12 of a rate is no change, so that
/// rounding reaches nobody; a flow whose rate does not change keeps the former one to the bit.
extension MaxMinSolver {
  /// How much two rates that are equal may differ, relative to them.
  private static let rounding = 1e-12

  /// After so many attempts all connected flows are solved at once: a change that travels a long chain of bottlenecks would
  /// otherwise take an attempt for each.
  private static let mostAttempts = 8

  /// Solves the flows that a change at the `dirty` links can reach.
  ///
  /// - Returns: the number of flows computed, in all attempts.
  mutating func solveReachedFlows(_ dirty: [LinkID], in network: FlowNetwork) -> Int {
    removeAll(in: network)
    for link in dirty { addFlowsReached(at: link, in: network) }
    var solved = 0
    var attempts = 0
    repeat {
      attempts += 1
      if attempts == Self.mostAttempts { collectConnectedFlows(in: network) }
      let isComplete = findResiduals(in: network)
      fill(in: network)
      solved += componentFlows.count
      keepRatesThatAreEqual(in: network)
      if isComplete { break }
    } while addFlowsWithoutBottleneck(in: network)
    apply(in: network)
    return solved
  }

  /// Adds the flows of a link that have just started or have their bottleneck there; all where the link carries too much.
  private mutating func addFlowsReached(at link: LinkID, in network: FlowNetwork) {
    network.links[link].isDirty = false
    var load = 0.0
    var crossing = network.links[link].firstCrossing
    while crossing >= 0 {
      let flow = network.crossings[crossing].connection
      let next = network.crossings[crossing].next
      load += network.connections[flow].rate
      let place = network.connections[flow].positionInComponent
      let hop = network.connections[flow].bottleneckHop
      if place < 0, hop < 0 || network.connections[flow].routeStart + hop == crossing { addFlow(flow, in: network) }
      crossing = next
    }
    guard load > network.links[link].capacity * (1 + Self.rounding) else { return }
    crossing = network.links[link].firstCrossing
    while crossing >= 0 {
      addFlow(network.crossings[crossing].connection, in: network)
      crossing = network.crossings[crossing].next
    }
  }

  /// Finds what the flows that keep their rates leave of each link.
  ///
  /// - Returns: whether there are no such flows on these links.
  private mutating func findResiduals(in network: FlowNetwork) -> Bool {
    var isComplete = true
    for position in componentLinks.indices {
      let link = componentLinks[position].link
      var residual = network.links[link].capacity
      var unfixed: Int32 = 0
      var crossing = network.links[link].firstCrossing
      while crossing >= 0 {
        let flow = network.crossings[crossing].connection
        if network.connections[flow].positionInComponent >= 0 {
          unfixed += 1
        } else {
          residual -= network.connections[flow].rate
          isComplete = false
        }
        crossing = network.crossings[crossing].next
      }
      componentLinks[position] = ComponentLink(link: link, residual: max(0, residual), unfixed: unfixed)
    }
    return isComplete
  }

  private mutating func keepRatesThatAreEqual(in network: FlowNetwork) {
    for (index, flow) in componentFlows.enumerated() {
      let former = network.connections[flow].rate
      if abs(rates[index] - former) <= Self.rounding * former { rates[index] = former }
    }
  }

  /// Adds the flows for which the second or the third condition does not hold.
  ///
  /// - Returns: whether there were any.
  private mutating func addFlowsWithoutBottleneck(in network: FlowNetwork) -> Bool {
    let count = componentFlows.count
    for position in 0..<componentLinks.count { addFlowsWithoutBottleneck(at: position, in: network) }
    return componentFlows.count > count
  }

  private mutating func addFlowsWithoutBottleneck(at position: Int, in network: FlowNetwork) {
    let link = componentLinks[position]
    let solved = solvedRates(at: link.link, in: network)
    var crossing = network.links[link.link].firstCrossing
    while crossing >= 0 {
      let flow = network.crossings[crossing].connection
      let here = crossing
      crossing = network.crossings[crossing].next
      guard network.connections[flow].positionInComponent < 0 else { continue }
      let rate = network.connections[flow].rate
      let tolerance = Self.rounding * rate
      let hop = network.connections[flow].bottleneckHop
      let isBottleneck = hop < 0 || network.connections[flow].routeStart + hop == here
      if rate > link.level + tolerance
        || isBottleneck && (abs(solved.change) > tolerance || solved.fastest > rate + tolerance)
      {
        addFlow(flow, in: network)
      }
    }
  }

  /// By how much the solved flows of a link carry more than before, and the rate of the fastest one.
  ///
  /// Flows that have been added since the rates were solved count as unchanged.
  private func solvedRates(at link: LinkID, in network: FlowNetwork) -> (change: Double, fastest: Double) {
    var change = 0.0
    var fastest = 0.0
    var crossing = network.links[link].firstCrossing
    while crossing >= 0 {
      let flow = network.crossings[crossing].connection
      let index = Int(network.connections[flow].positionInComponent)
      if index >= 0, index < rates.count {
        change += rates[index] - network.connections[flow].rate
        fastest = max(fastest, rates[index])
      }
      crossing = network.crossings[crossing].next
    }
    return (change, fastest)
  }
}
