import Network
import Quantities
import SimulationKernel
import Synchronization
import Testing

@testable import Uniference

/// Changes of one link, compiled into the steps of its capacity.
@Suite struct LinkChangeTests {
  /// Two devices on a switch with 8 Mbps, that is, 1 MB/s, and no latency.
  private func cluster(_ changes: [LinkChange]) -> Cluster {
    var cluster = Cluster(
      devices: .cpuServer, count: 2, network: .switch(bandwidth: .megabitsPerSecond(8)))
    cluster.network.changes = changes
    return cluster
  }

  private func steps(_ changes: [LinkChange]) throws -> [CapacitySteps.Step] {
    let cluster = cluster(changes)
    let all = try cluster.network.capacitySteps(on: cluster.makeTopology())
    return try #require(all.first).steps.steps
  }

  private func outage(_ begin: Double, _ end: Double?) -> LinkChange {
    LinkChange(link: "host0->switch", at: .seconds(begin), .outage(until: end.map { .seconds($0) }))
  }

  private func bandwidth(_ time: Double, _ megabits: Double) -> LinkChange {
    LinkChange(link: "host0->switch", at: .seconds(time), .bandwidth(.megabitsPerSecond(megabits)))
  }

  private func step(_ time: Double, _ bytesPerSecond: Double) -> CapacitySteps.Step {
    CapacitySteps.Step(at: VirtualTime(seconds: time), bytesPerSecond: bytesPerSecond)
  }

  @Test("outages that touch are one", arguments: [false, true])
  func touching(isReversed: Bool) throws {
    let changes = [outage(1, 2), outage(2, 3)]
    #expect(try steps(isReversed ? changes.reversed() : changes) == [step(1, 0), step(3, 1e6)])
  }

  @Test("outages that overlap, and those within others, are one")
  func overlapping() throws {
    #expect(try steps([outage(2, 4), outage(1, 3)]) == [step(1, 0), step(4, 1e6)])
    #expect(try steps([outage(1, 9), outage(2, 3), outage(9, 10)]) == [step(1, 0), step(10, 1e6)])
    #expect(try steps([outage(1, 3), outage(2, nil)]) == [step(1, 0)])
  }

  @Test("a bandwidth that is given during an outage holds after it")
  func bandwidthDuringOutage() throws {
    #expect(try steps([outage(1, 3), bandwidth(2, 16)]) == [step(1, 0), step(3, 2e6)])
    #expect(try steps([bandwidth(1, 16), outage(1, 3), bandwidth(3, 4)]) == [step(1, 0), step(3, 5e5)])
  }

  @Test("what is said twice holds once, and what changes nothing is no step")
  func repeated() throws {
    #expect(try steps([bandwidth(1, 16), bandwidth(1, 16), bandwidth(2, 16)]) == [step(1, 2e6)])
    #expect(try steps([bandwidth(0, 8), outage(1, nil), outage(1, nil)]) == [step(1, 0)])
  }

  @Test("a message takes as long as the integral of its link's capacity says", arguments: 0..<20)
  func integral(block: Int) throws {
    for seed in UInt64(block * 20)..<UInt64(block * 20 + 20) {
      var random = RandomStream(seed: seed)
      var changes: [LinkChange] = []
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        // Few instants, so that they often meet; two bandwidths at one instant would contradict each other.
        let time = Double(Int.random(in: 0...12, using: &random)) / 4
        let isOutage = Bool.random(using: &random)
        if isOutage {
          changes.append(outage(time, time + Double(Int.random(in: 1...6, using: &random)) / 4))
        } else if !changes.contains(where: { $0.time == .seconds(time) && $0.effect != outage(0, nil).effect }) {
          changes.append(bandwidth(time, Double(Int.random(in: 1...20, using: &random))))
        }
      }
      let bytes = Int.random(in: 1...6_000_000, using: &random)

      let arrival = try Self.arrival(of: bytes, on: cluster(changes))

      let expected = Reference(changes: changes, bytesPerSecond: 1e6, limit: 1e6).end(ofBytes: Double(bytes))
      #expect(abs(arrival - expected) < 1e-9 * expected + 1e-11, "seed \(seed): \(arrival), expected \(expected)")
    }
  }

  private static func arrival(of bytes: Int, on cluster: Cluster) throws -> Double {
    let end = Mutex(Duration.zero)
    try World.simulate(cluster) { rank in
      if rank.index == 0 {
        try await rank.world.send(ByteCount(byteCount: bytes), to: 1)
      } else {
        _ = try await rank.world.receive(ByteCount.self, from: 0)
        end.withLock { $0 = rank.now }
      }
    }
    return end.withLock { $0.inSeconds }
  }

  /// Says of each instant by itself what the changes say of it, and integrates from one to the next.
  private struct Reference {
    let changes: [LinkChange]
    let bytesPerSecond: Double
    /// What the other links of the route let pass.
    let limit: Double

    func capacity(at time: Double) -> Double {
      var capacity = bytesPerSecond
      var latest = -1.0
      for change in changes where change.time.inSeconds <= time {
        switch change.effect {
        case .bandwidth(let bandwidth) where change.time.inSeconds >= latest:
          (capacity, latest) = (bandwidth.bytesPerSecond, change.time.inSeconds)
        case .outage(let end) where end.map({ time < $0.inSeconds }) ?? true: return 0
        default: break
        }
      }
      return capacity
    }

    func end(ofBytes bytes: Double) -> Double {
      var left = bytes
      var now = 0.0
      for next in stride(from: 0.25, through: 100, by: 0.25) {
        let rate = min(limit, capacity(at: now))
        if left <= rate * (next - now) { return now + left / rate }
        left -= rate * (next - now)
        now = next
      }
      return .infinity
    }
  }

  private func message(_ changes: String) -> String? {
    let text = """
      devices: [{name: pi, count: 3, model: raspberry-pi-5}]
      network:
        link: {bandwidth: 1 Gbps}
        changes:
      """
    return #expect(throws: DocumentError.self) { try Cluster(yaml: text + changes, file: "c.yaml") }?.description
  }

  @Test("a second bandwidth at one instant is refused")
  func twoBandwidths() {
    #expect(
      message(
        """

            - {link: pi-0->switch, at: 1 s, bandwidth: 10 Mbps}
            - {link: pi-1->switch, at: 1 s, bandwidth: 20 Mbps}
            - {link: host0->switch, at: 1000 ms, bandwidth: 20 Mbps}
        """)
        == "c.yaml:7: network.changes[2]: changes[0] gives host0->switch another bandwidth from 1 s on; leave one of the "
        + "two out")
  }

  @Test("what is said of a link that is down for good is refused", arguments: ["bandwidth: 1 Mbps", "down_until: 4 s"])
  func afterTheEnd(effect: String) {
    #expect(
      message(
        """

            - {link: pi-0->switch, at: 3 s, \(effect)}
            - {link: pi-0->switch, at: 2 s, down_until: never}
        """)
        == "c.yaml:5: network.changes[0]: changes[1] takes host0->switch down for good, so nothing can be said of 3 s; let "
        + "that outage end, or leave this change out")
  }

  @Test("a program's changes are checked when it runs")
  func programs() {
    #expect(throws: LinkChangeError.self) { try Self.arrival(of: 1, on: cluster([bandwidth(1, 1), bandwidth(1, 2)])) }
    let strange = LinkChange(link: "host9->switch", at: .zero, .outage(until: nil))
    let error = #expect(throws: LinkChangeError.self) { try Self.arrival(of: 1, on: cluster([strange])) }
    #expect(error?.description.hasPrefix("network.changes[0]: there is no link \"host9->switch\":") == true)
  }

  @Test("a smaller number of ranks leaves out the links of the others, and their changes")
  func cutting() throws {
    let cluster = try Cluster(
      yaml: """
        devices: [{name: pi, count: 4, model: raspberry-pi-5}]
        network:
          link: {bandwidth: 1 Gbps}
          links: {pi-3: {bandwidth: 100 Mbps}, pi-1: {bandwidth: 10 Mbps}}
          changes:
            - {link: pi-3->switch, at: 1 s, bandwidth: 10 Mbps}
            - {link: switch->pi-1, at: 2 s, down_until: 3 s}
        failures: [{device: pi-2, at: 5 s}]
        """
    ).keepingDevices(2)
    #expect(cluster.network.changes.map(\.link) == ["switch->host1"])
    #expect(cluster.failures.isEmpty)
    let topology = try cluster.makeTopology()
    #expect(topology.links.map(\.bytesPerSecond) == [125e6, 125e6, 1.25e6, 1.25e6])
  }

  @Test("sites and graphs are cut to the devices that are left")
  func cuttingTopologies() throws {
    let sites = try Cluster(
      yaml: """
        devices: [{name: pi, count: 5, model: raspberry-pi-5}]
        network:
          topology: sites
          hosts_per_site: [2, 2, 1]
          link: {bandwidth: 1 Gbps}
          wide_area: {bandwidth: 10 Mbps}
          changes: [{link: site0->site2, at: 1 s, down_until: 2 s}, {link: site0->site1, at: 1 s, down_until: 2 s}]
        """
    ).keepingDevices(3)
    #expect(sites.network.changes.map(\.link) == ["site0->site1"])
    let graph = """
      devices: [{name: pi, count: 3, model: raspberry-pi-5}]
      network:
        topology: graph
        link: {bandwidth: 1 Gbps}
        cables: [{from: pi-0, to: a}, {from: pi-1, to: a}, {from: pi-2, to: a}]
        changes: [{link: pi-2->a, at: 1 s, down_until: 2 s}]
      """
    let cut = try Cluster(yaml: graph).keepingDevices(2)
    #expect(cut.network.changes.isEmpty)
    #expect(try cut.makeTopology().linkNames == ["pi-0->a", "a->pi-0", "pi-1->a", "a->pi-1"])
    let chain = graph.replacing(
      "{from: pi-0, to: a}, {from: pi-1, to: a}", with: "{from: pi-0, to: pi-2}, {from: pi-1, to: pi-2}")
    #expect(throws: ClusterSizeError.self) { try Cluster(yaml: chain).keepingDevices(2) }
  }
}
