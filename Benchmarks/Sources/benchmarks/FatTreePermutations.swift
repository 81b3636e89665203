import Network
import SimulationKernel
import Uniference

/// The hosts of a fat tree send to each other without any program: in each round every host sends one message to its
/// partner in a random permutation, and begins the next round when its message has arrived. Sizes vary, so that rounds
/// soon overlap and nearly every event changes somebody's share.
final class FatTreePermutations: MessageObserver {
  private static let arity = 16
  private static let rounds = 20
  private let engine = Engine(seed: 1)
  private let network: FlowNetwork
  private var random = RandomStream(seed: 1, stream: 7)
  private let partners: [[Int]]
  private var roundOfHost: [Int]

  init() throws {
    let link = Link(bandwidth: .gigabitsPerSecond(10), latency: .microseconds(1))
    let topology = try Topology.fatTree(arity: Self.arity, link: link)
    network = FlowNetwork(topology: topology, engine: engine)
    let hosts = Array(0..<topology.hostCount)
    var random = RandomStream(seed: 1, stream: 8)
    partners = (0..<Self.rounds).map { _ in hosts.shuffled(using: &random) }
    roundOfHost = hosts.map { _ in 0 }
    network.observer = self
  }

  func messageArrived(token: UInt64) {
    let host = Int(token)
    roundOfHost[host] += 1
    sendNext(from: host)
  }

  private func sendNext(from host: Int) {
    guard roundOfHost[host] < Self.rounds else { return }
    let connection = network.connection(from: host, to: partners[roundOfHost[host]][host], channel: 0)
    let bytes = 500_000 + (random.nextUnit() * 1_000_000).rounded()
    network.send(byteCount: bytes, on: connection, at: engine.now, token: UInt64(host))
  }

  func measure() throws -> Measurement {
    let wall = ContinuousClock().measure {
      for host in roundOfHost.indices { sendNext(from: host) }
      engine.runEvents()
    }
    let statistics = network.statistics
    return Measurement(
      ranks: roundOfHost.count, messages: statistics.messages, events: engine.eventCount,
      flows_solved: statistics.flowsSolved, simulated_s: engine.now.seconds, wall_s: wall.inSeconds,
      peak_rss_bytes: RingBenchmark.peakResidentBytes())
  }
}
