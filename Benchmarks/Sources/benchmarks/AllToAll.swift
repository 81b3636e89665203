import Network
import Simulation
import SimulationKernel
import Uniference

/// One all-to-all among devices on one switch.
struct AllToAll {
  let algorithm: CollectiveAlgorithm
  /// Whether each device starts at another time within the first millisecond. Flat all-to-alls start together: each
  /// of their messages shares links with all others, so that any that is alone in its instant costs a solution of all.
  let isStaggered: Bool
  var ranks = 256
  var blockBytes = 65_536

  func measure() throws -> Measurement {
    let link = Link(bandwidth: .gigabitsPerSecond(1), latency: .microseconds(50))
    let world = SimulatedWorld(
      topology: try .singleSwitch(hosts: ranks, link: link),
      selector: .fixed([.allToAll: algorithm], otherwise: .ideal))
    let payloads = Array(repeating: ByteCount(byteCount: blockBytes), count: ranks)
    let isStaggered = isStaggered
    for _ in 0..<ranks {
      world.spawn {
        ($0, $1)
      } _: { (process: LogicalProcess, communicator: any Communicator) in
        if isStaggered {
          var random = process.random()
          process.compute(picoseconds: Int64(random.next() % 1_000_000_000))
        }
        _ = try await communicator.allToAll(payloads)
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
