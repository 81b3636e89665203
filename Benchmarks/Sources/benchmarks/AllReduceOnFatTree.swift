import Network
import Simulation
import SimulationKernel
import Uniference

/// One all-reduce among the hosts of a fat tree whose upper links are thinner than those of the hosts, so that messages share
/// links at every level. Each device starts at another time within the first millisecond.
struct AllReduceOnFatTree {
  var ranks = 4096
  var bytes = 16_000_000

  func measure() throws -> Measurement {
    let link = Link(bandwidth: .gigabitsPerSecond(100), latency: .microseconds(1))
    let world = SimulatedWorld(
      topology: try .fatTree(arity: 26, hosts: ranks, link: link, oversubscription: 4),
      selector: .fixed([.allReduce: .recursiveHalvingDoubling], otherwise: .ideal))
    let payload = ByteCount(byteCount: bytes)
    for _ in 0..<ranks {
      world.spawn {
        ($0, $1)
      } _: { (process: LogicalProcess, communicator: any Communicator) in
        var random = process.random()
        process.compute(picoseconds: Int64(random.next() % 1_000_000_000))
        _ = try await communicator.allReduce(payload, .sum)
      }
    }
    let wall = try ContinuousClock().measure { try world.engine.run() }
    let statistics = world.network.statistics
    return Measurement(
      ranks: ranks, messages: statistics.messages, events: world.engine.eventCount,
      flows_solved: statistics.flowsSolved, simulated_s: world.engine.endTime.seconds, wall_s: wall.inSeconds,
      peak_rss_bytes: RingBenchmark.peakResidentBytes())
  }
}
