import Network
import Quantities
import SimulationKernel
import Testing

/// Large networks in which a change is solved where it reaches: rates are held against the definition of max-min fairness.
@Suite("Flows that a change reaches")
struct ReachedFlowTests {
  private static let link = Link(bytesPerSecond: 1e6, latency: .microseconds(10))

  private static func topology(_ random: inout RandomStream) throws -> Topology {
    switch Int.random(in: 0..<4, using: &random) {
    case 0: try .fatTree(arity: 4, link: link)
    case 1: try .twoLevelTree(hosts: 32, hostsPerLeaf: 8, spines: 2, link: link, oversubscription: 3)
    case 2: try .torus(dimensions: [4, 4], link: link)
    default: try .line(hosts: 12, link: link)
    }
  }

  @Test("have max-min fair rates at every moment, also when links change and hosts fail", arguments: 0..<20)
  func ratesAreFair(block: Int) throws {
    for seed in (block * 25)..<(block * 25 + 25) {
      var random = RandomStream(seed: UInt64(seed))
      let run = NetworkRun(try Self.topology(&random), seed: UInt64(seed))
      let network = run.network
      let hosts = network.topology.hostCount
      for token in 0..<150 {
        let pair = Array((0..<hosts).shuffled(using: &random).prefix(2))
        run.send(
          UInt64(token), bytes: Double.random(in: 1e4...1e6, using: &random), from: pair[0], to: pair[1],
          channel: Int.random(in: 0..<2, using: &random), at: Double.random(in: 0...2, using: &random))
      }
      for _ in 0..<Int.random(in: 0..<6, using: &random) {
        let link = LinkID(Int.random(in: 0..<network.topology.links.count, using: &random))
        let start = Double.random(in: 0...2, using: &random)
        run.setCapacity([0, 2.5e5, 4e6].randomElement(using: &random) ?? 0, of: link, at: start)
        run.setCapacity(1e6, of: link, at: start + Double.random(in: 0.01...1, using: &random))
      }
      if Bool.random(using: &random) {
        let host = Int.random(in: 0..<hosts, using: &random)
        run.engine.call(at: VirtualTime(seconds: Double.random(in: 0...2, using: &random))) { network.failHost(host) }
      }
      var problems: [String] = []
      for _ in 0..<40 {
        run.engine.call(at: VirtualTime(seconds: Double.random(in: 0...4, using: &random))) {
          if let problem = network.unfairness { problems.append(problem) }
        }
      }

      run.engine.runEvents()

      #expect(problems.isEmpty, "seed \(seed): \(problems.first ?? "")")
      #expect(network.isSound && network.isQuiet, "seed \(seed)")
    }
  }

  @Test("are few: a message's start in a fat tree is no affair of flows that share no bottleneck with it")
  func fewAreSolved() throws {
    var random = RandomStream(seed: 7)
    let run = NetworkRun(try .fatTree(arity: 8, link: Self.link))
    let hosts = Array(0..<run.network.topology.hostCount)
    for round in 0..<10 {
      for (source, destination) in zip(hosts, hosts.shuffled(using: &random)) where source != destination {
        run.send(
          UInt64(round), bytes: Double.random(in: 1e5...1e6, using: &random), from: source, to: destination,
          at: Double(round) + Double.random(in: 0...1, using: &random))
      }
    }

    run.engine.runEvents()

    let statistics = run.network.statistics
    // All that shared links connect are some 50 flows for each start and each end.
    #expect(Double(statistics.flowsSolved) < 12 * Double(statistics.messages))
  }
}
