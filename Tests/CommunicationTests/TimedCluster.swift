import Communication

/// Runs one collective's machines on the simplest timed network: each member has one link out and one link in, both of the
/// same bandwidth; messages pass each link one after another; latency is paid once. Memory costs no time.
struct TimedCluster {
  /// Seconds.
  let latency: Double
  let bytesPerSecond: Double
  private var machines: [CollectiveMachine]
  private var clocks: [Double]
  private var waits: [CollectiveAction?]
  private var outFree: [Double]
  private var inFree: [Double]
  private var arrivals: [[Int: Double]]
  private var departures: [[Double]]
  /// Messages on their way to the receiver's link, by the time when they reach it.
  private var travelling: [(time: Double, destination: Int, round: Int, byteCount: Int)] = []

  init(shape: CollectiveShape, plan: CollectivePlan, latency: Double, bytesPerSecond: Double) throws {
    self.latency = latency
    self.bytesPerSecond = bytesPerSecond
    machines = try (0..<shape.size).map { try CollectiveMachine(shape: shape, plan: plan, rank: $0) }
    clocks = Array(repeating: 0, count: shape.size)
    waits = Array(repeating: nil, count: shape.size)
    outFree = clocks
    inFree = clocks
    arrivals = Array(repeating: [:], count: shape.size)
    departures = Array(repeating: [], count: shape.size)
  }

  /// When the last member has ended, in seconds.
  mutating func run() -> Double {
    for rank in machines.indices { advance(rank) }
    while let next = travelling.indices.min(by: { travelling[$0].time < travelling[$1].time }) {
      let message = travelling.remove(at: next)
      let destination = message.destination
      let arrival = max(message.time, inFree[destination]) + Double(message.byteCount) / bytesPerSecond
      inFree[destination] = arrival
      arrivals[destination][message.round] = arrival
      advance(destination)
    }
    return clocks.max() ?? 0
  }

  /// Runs a member until it waits for a message that is not there.
  private mutating func advance(_ rank: Int) {
    while true {
      let action = waits[rank] ?? machines[rank].next()
      waits[rank] = nil
      switch action {
      case .send(let peer, let byteCount, let round):
        let start = max(clocks[rank], outFree[rank])
        outFree[rank] = start + Double(byteCount) / bytesPerSecond
        departures[rank].append(outFree[rank])
        travelling.append((start + latency, peer, round, byteCount))
      case .awaitReceive(let round):
        guard let arrival = arrivals[rank][round] else {
          waits[rank] = action
          return
        }
        clocks[rank] = max(clocks[rank], arrival)
      case .awaitSends(let count): clocks[rank] = max(clocks[rank], departures[rank][count - 1])
      case .postReceive, .reduce, .copy: break
      case .finished: return
      }
    }
  }
}
