import Network
import SimulationKernel
import TestSupport
import Testing

@Suite("Networks with outages and failed hosts")
struct FaultyNetworkTests {
  private struct Flow {
    let source: Int
    let destination: Int
    let bytes: Double
    let start: Double
  }

  private struct System {
    let topology: Topology
    let flows: [Flow]
    /// In the order of time.
    var changes: [(time: Double, link: Int, capacity: Double)] = []
    let failures: [(time: Double, host: Int)]

    init(seed: UInt64) throws {
      var random = RandomStream(seed: seed, stream: 0x6F75_7461_6765)
      topology = try Self.topology(Int.random(in: 2...6, using: &random), &random)
      let hosts = topology.hostCount
      flows = (0..<Int.random(in: 1...10, using: &random)).map { _ in
        let source = Int.random(in: 0..<hosts, using: &random)
        return Flow(
          source: source, destination: (source + Int.random(in: 1..<hosts, using: &random)) % hosts,
          bytes: Double.random(in: 1e3...3e6, using: &random),
          start: Bool.random(using: &random) ? 0 : Double.random(in: 0...2, using: &random))
      }
      failures = (0..<Int.random(in: 0...2, using: &random)).map { _ in
        (Double.random(in: 0...4, using: &random), Int.random(in: 0..<hosts, using: &random))
      }
      for _ in 0..<Int.random(in: 0...3, using: &random) {
        let link = Int.random(in: 0..<topology.links.count, using: &random)
        guard !changes.contains(where: { $0.link == link }) else { continue }
        var time = 0.0
        for _ in 0..<Int.random(in: 1...3, using: &random) {
          time += Double.random(in: 0.1...2, using: &random)
          changes.append((time, link, Double(Int.random(in: 0...3, using: &random)) * 5e5))
        }
      }
      changes.sort { $0.time < $1.time }
    }

    private static func topology(_ hosts: Int, _ random: inout RandomStream) throws -> Topology {
      let link = Link(
        bytesPerSecond: 1e6,
        latency: Bool.random(using: &random) ? .zero : .milliseconds(Int.random(in: 1...9, using: &random)))
      switch Int.random(in: 0..<8, using: &random) {
      case 0: return try .sharedMedium(hosts: hosts, channel: link)
      case 1: return try .ring(hosts: hosts, link: link)
      case 2: return try .twoLevelTree(hosts: hosts, hostsPerLeaf: 2, spines: 1, link: link, oversubscription: 2)
      case 3:
        let stations = (0..<hosts).map { Topology.Cable(from: "h\($0)", to: "ap", link: link, kind: .wifi) }
        return try .graph(hosts: (0..<hosts).map { "h\($0)" }, cables: stations)
      case 4: return try .line(hosts: hosts, link: link)
      case 5: return try .star(hosts: hosts, link: link)
      case 6: return try .grid(dimensions: [2, hosts / 2], link: link)
      default: return try .singleSwitch(hosts: hosts, link: link)
      }
    }

    /// The hosts whose failure a flow does not survive: its ends, and those that it and its acknowledgements pass through, as
    /// links are called.
    func hosts(of flow: Int) -> Set<Int> {
      let (source, destination) = (flows[flow].source, flows[flow].destination)
      let routes =
        topology.route(from: source, to: destination, by: .hashed(flow))
        + topology.route(from: destination, to: source, by: .hashed(flow))
      let names = routes.flatMap { topology.name(of: $0).split(separator: "->") }
      return Set(names.filter { $0.hasPrefix("host") }.compactMap { Int($0.dropFirst(4)) } + [source, destination])
    }

    func route(of flow: Int) -> [Int] {
      topology.route(
        from: flows[flow].source, to: flows[flow].destination, by: .hashed(flow)
      ).map { Int($0) }
    }
  }

  /// From event to event, all rates anew: when each flow arrives, infinite where it does not, and what each link has carried
  /// of flows that have arrived or been lost.
  private func reference(_ system: System) -> (arrivals: [Double], carried: [Double]) {
    let routes = system.flows.indices.map(system.route(of:))
    let hosts = system.flows.indices.map(system.hosts(of:))
    var capacities = system.topology.links.map(\.bytesPerSecond)
    var carried = Array(repeating: 0.0, count: capacities.count)
    var left = system.flows.map(\.bytes)
    var arrivals = Array(repeating: Double.infinity, count: left.count)
    var isGone = Array(repeating: false, count: left.count)
    let ready = system.flows.enumerated().map { number, flow in
      flow.start + routes[number].reduce(0) { $0 + Double(system.topology.links[$1].latencyPicoseconds) * 1e-12 }
    }
    let instants = Set(ready + system.changes.map(\.time) + system.failures.map(\.time))
    var now = 0.0
    func leave(_ flow: Int) {
      isGone[flow] = true
      for link in routes[flow] { carried[link] += system.flows[flow].bytes - left[flow] }
    }
    while true {
      for change in system.changes where change.time == now { capacities[change.link] = change.capacity }
      for failure in system.failures where failure.time <= now {
        for number in system.flows.indices
        where !isGone[number] && hosts[number].contains(failure.host) {
          leave(number)
        }
      }
      let active = left.indices.filter { !isGone[$0] && ready[$0] <= now }
      let rates = fairRates(of: active, routes: routes, capacities: capacities)
      var next = instants.filter { $0 > now }.min() ?? .infinity
      for flow in active { next = min(next, now + left[flow] / rates[flow]!) }
      guard next < .infinity else { return (arrivals, carried) }
      for flow in active {
        left[flow] -= rates[flow]! * (next - now)
        guard left[flow] <= 1e-9 * system.flows[flow].bytes else { continue }
        left[flow] = 0
        arrivals[flow] = next
        leave(flow)
      }
      now = next
    }
  }

  /// Raises all flows together until a link is full, then those that are left. A flow counts as often as it crosses a link.
  private func fairRates(of active: [Int], routes: [[Int]], capacities: [Double]) -> [Int: Double] {
    var rates: [Int: Double] = [:]
    while rates.count < active.count {
      var level = Double.infinity
      var shares: [Int: Double] = [:]
      for link in capacities.indices {
        func crossings(_ flow: Int) -> Double { Double(routes[flow].count { $0 == link }) }
        let open = active.filter { rates[$0] == nil }.reduce(0) { $0 + crossings($1) }
        guard open > 0 else { continue }
        let taken = active.reduce(0) { $0 + (rates[$1] ?? 0) * crossings($1) }
        shares[link] = max(0, capacities[link] - taken) / open
        level = min(level, shares[link]!)
      }
      for flow in active
      where rates[flow] == nil && routes[flow].contains(where: { shares[$0]! <= level * (1 + 1e-12) }) {
        rates[flow] = level
      }
    }
    return rates
  }

  @Test("agree with a reference that computes all rates anew at each event", arguments: 0..<30)
  func agreesWithReference(block: Int) throws {
    for seed in Mutations.seeds(ofBlock: block, each: 50) {
      let system = try System(seed: seed)
      let (arrivals, carried) = reference(system)
      let run = NetworkRun(system.topology)
      for change in system.changes { run.setCapacity(change.capacity, of: LinkID(change.link), at: change.time) }
      for failure in system.failures {
        run.engine.call(at: VirtualTime(seconds: failure.time)) { [network = run.network] in
          network.failHost(failure.host)
          #expect(network.isSound, "seed \(seed)")
        }
      }
      for (number, flow) in system.flows.enumerated() {
        run.send(
          UInt64(number), bytes: flow.bytes, from: flow.source, to: flow.destination, channel: number, at: flow.start)
      }

      run.engine.runEvents()

      for (number, expected) in arrivals.enumerated() {
        let measured = run.arrivals[UInt64(number)] ?? .infinity
        #expect(
          measured == expected || abs(measured - expected) < 1e-9 * expected + 1e-10,
          "seed \(seed), flow \(number): \(measured), expected \(expected)")
        #expect(expected < .infinity || !run.arrivals.keys.contains(UInt64(number)), "seed \(seed), flow \(number)")
      }
      for (link, expected) in carried.enumerated() {
        let measured = run.network.bytesCarried(by: LinkID(link))
        #expect(
          abs(measured - expected) < 1e-6 * expected + 1e-3, "seed \(seed), link \(link): \(measured), \(expected)")
      }
      #expect(run.network.isSound, "seed \(seed)")
      let doomed = Set(system.failures.map(\.host))
      let expectedLosses = system.flows.indices.filter {
        arrivals[$0] == .infinity && !doomed.isDisjoint(with: system.hosts(of: $0))
      }
      #expect(Set(run.lost) == Set(expectedLosses.map { UInt64($0) }), "seed \(seed)")
    }
  }
}
