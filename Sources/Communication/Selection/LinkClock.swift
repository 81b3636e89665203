/// When messages that a member sends over one link arrive, each after its latency and one after another.
struct LinkClock {
  private var free = 0.0

  /// The arrival of a message that is sent at `time`; all in microseconds.
  mutating func arrival(sentAt time: Double, latency: Double, transfer: Double) -> Double {
    free = max(time + latency, free) + transfer
    return free
  }
}

/// What a message costs on the links of one level, in microseconds.
struct MessageTime {
  var latency: Double
  var transfer: Double
}

/// The time of rings over several nodes that are alike, step by step: what one node's members do all do.
///
/// A member deals with its channels in turn, so one that waits for another node's message holds up the others. O(steps x
/// members of a node x channels).
struct RingWalk {
  let nodeSize: Int
  let channels: Int
  let within: MessageTime
  let between: MessageTime

  /// Microseconds of so many steps.
  func time(steps: Int) -> Double {
    var links = Array(repeating: LinkClock(), count: nodeSize)
    var cards = Array(repeating: LinkClock(), count: channels)
    var clocks = Array(repeating: 0.0, count: nodeSize)
    var arrivals = Array(repeating: Array(repeating: 0.0, count: channels), count: nodeSize)
    for step in 0...steps {
      var next = arrivals
      for place in 0..<nodeSize {
        let receiver = (place + nodeSize - 1) % nodeSize
        for channel in 0..<channels {
          clocks[place] = max(clocks[place], arrivals[place][channel])
          guard step < steps else { continue }
          next[receiver][channel] =
            place == channel
            ? cards[channel].arrival(sentAt: clocks[place], latency: between.latency, transfer: between.transfer)
            : links[place].arrival(sentAt: clocks[place], latency: within.latency, transfer: within.transfer)
        }
      }
      arrivals = next
    }
    return clocks.max() ?? 0
  }
}

/// The time of a node tree whose nodes and members are all alike, exchange by exchange. O(exchanges x parts).
struct NodeTreeWalk {
  let parts: Int
  let exchangesWithin: Int
  let within: MessageTime
  /// Latency, and the transfer of a node's whole part.
  let between: MessageTime
  /// Shares of that transfer, in the order of reducing.
  let sharesBetween: [Double]

  /// Microseconds.
  func time() -> Double {
    let half = exchangesWithin + sharesBetween.count
    var link = LinkClock()
    var card = LinkClock()
    var clock = 0.0
    var arrivals = Array(repeating: 0.0, count: parts)
    for turn in 0..<(2 * half + parts) {
      for part in 0..<parts {
        let step = turn - part
        guard (0...(2 * half)).contains(step) else { continue }
        clock = max(clock, arrivals[part])
        guard step < 2 * half else { continue }
        let mirrored = min(step, 2 * half - 1 - step)
        if mirrored < exchangesWithin {
          arrivals[part] = link.arrival(sentAt: clock, latency: within.latency, transfer: within.transfer)
        } else {
          arrivals[part] = card.arrival(
            sentAt: clock, latency: between.latency,
            transfer: between.transfer * sharesBetween[mirrored - exchangesWithin])
        }
      }
    }
    return clock
  }
}
