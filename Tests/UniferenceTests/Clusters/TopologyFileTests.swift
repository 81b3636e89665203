import Network
import Quantities
import Testing

@testable import Uniference

@Suite struct TopologyFileTests {
  /// `network` fields of every topology for four devices, and the links from the first device to the last.
  static let networks: [(fields: String, hops: Int)] = [
    ("topology: switch, link: {bandwidth: 1 Gbps}", 2),
    ("link: {bandwidth: 1 Gbps}", 2),
    ("topology: switch, duplex: half, link: {bandwidth: 1 Gbps}", 2),
    ("topology: switch, link: {bandwidth: 1 Gbps}, links: {pi-3: {bandwidth: 100 Mbps}}", 2),
    ("topology: wifi, link: {bandwidth: 300 Mbps, latency: 2 ms, jitter: 1 ms, loss: 1%}", 1),
    ("topology: shared, link: {bandwidth: 300 Mbps}", 1),
    ("topology: mesh, link: {bandwidth: 1 Gbps}", 1),
    ("topology: mesh, dimensions: [2, 2], link: {bandwidth: 1 Gbps}", 2),
    ("topology: star, link: {bandwidth: 1 Gbps}", 1),
    ("topology: ring, link: {bandwidth: 1 Gbps}", 1),
    ("topology: line, link: {bandwidth: 1 Gbps}", 3),
    ("topology: torus, dimensions: [2, 2], link: {bandwidth: 1 Gbps}", 2),
    ("topology: two-level-tree, hosts_per_leaf: 2, link: {bandwidth: 1 Gbps}", 4),
    ("topology: two-level-tree, hosts_per_leaf: 2, spines: 2, oversubscription: 4, link: {bandwidth: 1 Gbps}", 4),
    ("topology: fat-tree, arity: 4, oversubscription: 2, link: {bandwidth: 1 Gbps}", 4),
    (
      "topology: nodes, devices_per_node: 2, cards: 1, inside: {bandwidth: 450 GB/s}, link: {bandwidth: 400 Gbps}", 2
    ),
    ("topology: sites, hosts_per_site: [1, 3], wide_area: {bandwidth: 100 Mbps}, link: {bandwidth: 1 Gbps}", 3),
    ("topology: nodes, devices_per_node: [1, 3], inside: {bandwidth: 450 GB/s}, link: {bandwidth: 400 Gbps}", 2),
    (
      "topology: graph, link: {bandwidth: 1 Gbps}, cables: [{from: pi-0, to: ap, kind: wifi},"
        + " {from: pi-1, to: ap, kind: wifi}, {from: ap, to: hall, count: 2}, {from: pi-2, to: hall}, {from: pi-3, to: hall}]",
      4
    ),
    (
      "topology: graph, link: {bandwidth: 1 Gbps}, cables: [{from: pi-0, to: a}, {from: pi-1, to: a, kind: half},"
        + " {from: a, to: pi-2, bandwidth: 10 Mbps}, {from: pi-2, to: pi-3}, {from: pi-3, to: pi-0, kind: one-way}]", 3
    ),
  ]

  @Test("every pair is connected", arguments: networks) func everyPairIsConnected(fields: String, hops: Int) throws {
    let cluster = try Cluster(
      yaml: "{devices: [{name: pi, count: 4, model: raspberry-pi-5}], network: {\(fields)}}")
    let topology = try cluster.makeTopology()
    #expect(topology.hostCount == 4)
    for source in 0..<4 {
      for destination in 0..<4 where destination != source {
        #expect(!topology.route(from: source, to: destination).isEmpty, "\(source) to \(destination)")
      }
    }
    #expect(topology.route(from: 0, to: 3).count == hops)
  }

  @Test("every topology is tried")
  func everyTopologyIsTried() {
    for kind in TopologyReading.Kind.allCases {
      #expect(Self.networks.contains { $0.fields.contains("topology: \(kind.rawValue)") }, "\(kind.rawValue)")
    }
  }

  @Test("the links of some devices differ")
  func theLinksOfSomeDevicesDiffer() throws {
    let cluster = try Cluster(
      yaml: """
        devices: [{name: pi, count: 2, model: raspberry-pi-5}, {name: mac, model: mac-m1}]
        network:
          link: {bandwidth: 1 Gbps, latency: 1 ms}
          links: {pi: {bandwidth: 100 Mbps}, pi-1: {latency: 5 ms}}
        """)
    let topology = try cluster.makeTopology()
    func link(_ name: String) -> Link? { topology.link(named: name).map { topology.links[Int($0)] } }
    #expect(link("host0->switch") == Link(bandwidth: .megabitsPerSecond(100), latency: .milliseconds(1)))
    #expect(link("switch->host1") == Link(bandwidth: .gigabitsPerSecond(1), latency: .milliseconds(5)))
    #expect(link("host2->switch") == Link(bandwidth: .gigabitsPerSecond(1), latency: .milliseconds(1)))
  }

  private func cluster(_ text: String) throws -> Cluster { try Cluster(yaml: text, file: "c.yaml") }

  private func megabits(_ link: String, in cluster: Cluster) throws -> Double? {
    let topology = try cluster.makeTopology()
    return topology.link(named: link).map { topology.links[Int($0)].bytesPerSecond * 8e-6 }
  }

  @Test("one direction may differ")
  func oneDirectionMayDiffer() throws {
    let home = try cluster(
      """
      devices: [{name: home, count: 3, model: rtx-3090}, {name: server, model: cpu-server}]
      network:
        link: {bandwidth: 100 Mbps, latency: 10 ms}
        links:
          home->switch: {bandwidth: 20 Mbps}
          switch->home-2: {bandwidth: 50 Mbps, latency: 5 ms}
          home-1->switch: {bandwidth: 10 Mbps}
          server: {bandwidth: 1 Gbps}
      """)
    #expect(try megabits("host0->switch", in: home) == 20)
    #expect(try megabits("host1->switch", in: home) == 10)
    #expect(try megabits("switch->host0", in: home) == 100)
    #expect(try megabits("switch->host2", in: home) == 50)
    #expect(try megabits("host3->switch", in: home) == 1000)
    let topology = try home.makeTopology()
    #expect(topology.links[5].latencyPicoseconds == 5_000_000_000)
    #expect(topology.links[4].latencyPicoseconds == 10_000_000_000)
    #expect(try megabits("switch->host2", in: home.keepingDevices(2)) == nil)
    #expect(try megabits("host1->switch", in: home.keepingDevices(2)) == 10)
  }

  @Test("any topology's links may differ")
  func anyTopologysLinksMayDiffer() throws {
    let sites = try cluster(
      """
      devices: [{name: a, count: 2, model: rtx-3090}, {name: b, model: l40s}]
      network:
        topology: sites
        hosts_per_site: [2, 1]
        link: {bandwidth: 1 Gbps}
        wide_area: {bandwidth: 200 Mbps, latency: 120 ms}
        links: {site0->site1: {bandwidth: 50 Mbps}, "a->site0": {bandwidth: 100 Mbps}}
      """)
    #expect(try megabits("site0->site1", in: sites) == 50)
    #expect(try megabits("site1->site0", in: sites) == 200)
    #expect(try megabits("host1->site0", in: sites) == 100)
    #expect(try megabits("site0->host1", in: sites) == 1000)
    #expect(try sites.makeTopology().links.map(\.latencyPicoseconds).max() == 120_000_000_000)
  }

  @Test(
    "one line says what does not fit",
    arguments: [
      (
        "ring, link: {bandwidth: 1 Gbps}, links: {pi-0->pi-2: {bandwidth: 1 Mbps}}",
        "c.yaml:2: network.links.pi-0->pi-2: there is no link \"pi-0->pi-2\": did you mean \"pi-0->pi-1\"? the links are "
          + "pi-0->pi-1, pi-1->pi-0, pi-1->pi-2, pi-2->pi-1, pi-2->pi-3, ..."
      ),
      (
        "switch, link: {bandwidth: 1 Gbps}, links: {pi-0->switch: {bandwidth: 1 Mbps}, host0->switch: {bandwidth: 2 Mbps}}",
        "c.yaml:2: network.links.host0->switch: the link host0->switch is given more than once; write it once"
      ),
      (
        "nodes, link: {bandwidth: 1 Gbps}, inside: {bandwidth: 1 GB/s}, devices_per_node: [1, 2]",
        "c.yaml:2: network.topology: devices_per_node: 1 + 2 = 3, but the cluster has 4 devices"
      ),
      (
        "nodes, link: {bandwidth: 1 Gbps}, inside: {bandwidth: 1 GB/s}, devices_per_node: 2, cards: [1, 2, 3]",
        "c.yaml:2: network.topology: cards: 3 machines, but devices_per_node makes 2"
      ),
      (
        "mesh, dimensions: [2, 3], link: {bandwidth: 1 Gbps}",
        "c.yaml:2: network.topology: dimensions: 2 x 3 = 6, but the cluster has 4 devices"
      ),
      (
        "graph, link: {bandwidth: 1 Gbps}, cables: [{from: pi-0, to: ap, kind: wifi, count: 0}]",
        "c.yaml:2: network.cables[0].count: \"0\" is not allowed: write a whole number from 1 to 1024"
      ),
    ]) func oneLineSaysWhatDoesNotFit(fields: String, message: String)
  {
    let error = #expect(throws: DocumentError.self) {
      try cluster("devices: [{name: pi, count: 4, model: raspberry-pi-5}]\nnetwork: {topology: \(fields)}")
    }
    #expect(error?.description == message)
  }

  @Test("machines may be unequal")
  func machinesMayBeUnequal() throws {
    let uneven = try cluster(
      """
      devices: [{name: a, count: 4, model: h100-sxm}, {name: b, count: 6, model: a100-sxm-80gb}]
      network:
        topology: nodes
        devices_per_node: [4, 6]
        cards: [4, 3]
        inside: {bandwidth: 300 GB/s}
        link: {bandwidth: 200 Gbps}
      """)
    #expect(uneven.nodeOfRank == [0, 0, 0, 0, 1, 1, 1, 1, 1, 1])
    let topology = try uneven.makeTopology()
    #expect(topology.route(from: 3, to: 9).map(topology.name) == ["node0.card3->fabric", "fabric->node1.card2"])
    #expect(try uneven.warnings().isEmpty)
    let cut = try uneven.keepingDevices(5)
    #expect(cut.nodeOfRank == [0, 0, 0, 0, 1])
    #expect(try cut.makeTopology().links.count == 2 * (5 + 7))
  }

  @Test("what may surprise is said")
  func whatMaySurpriseIsSaid() throws {
    func warnings(_ devices: String, _ network: String) throws -> [String] {
      try cluster("devices: [{name: m, count: \(devices), model: mac-m2-ultra}]\nnetwork: {\(network)}").warnings()
    }
    let inside = "link: {bandwidth: 200 Gbps}, inside: {bandwidth: 300 GB/s}"
    #expect(
      try warnings("10", "topology: nodes, devices_per_node: 4, \(inside)") == [
        "network.devices_per_node: 10 devices make 2 machines of 4 and one of 2; where they are others, write for example "
          + "devices_per_node: [4, 4, 2]"
      ])
    #expect(
      try warnings("4", "topology: nodes, devices_per_node: 2, cards: 3, \(inside)") == [
        "4 of 20 links (node0.card2->fabric, fabric->node0.card2, node1.card2->fabric, fabric->node1.card2) never carry "
          + "anything: device d of a machine uses card d % cards, and there are more cards than devices"
      ])
    #expect(try warnings("4", "topology: nodes, devices_per_node: 4, \(inside)").isEmpty)
    #expect(
      try warnings(
        "2",
        "topology: graph, link: {bandwidth: 10 Gbps, latency: 50 us}, cables: [{from: m-0, to: m-1, latency: 10 us}, "
          + "{from: m-0, to: desk}, {from: m-1, to: desk}]") == [
          "4 of 6 links (m-0->desk, desk->m-0, m-1->desk, desk->m-1) never carry anything: messages take the path of least "
            + "latency, and of those one of the fewest cables"
        ])
    #expect(
      try warnings(
        "2", "topology: graph, link: {bandwidth: 10 Gbps}, cables: [{from: m-0, to: m-1}, {from: m-0, to: m-1}]"
      ).isEmpty)
    #expect(try warnings("4", "topology: ring, link: {bandwidth: 10 Gbps}").isEmpty)
    #expect(try warnings("1", "topology: ring, link: {bandwidth: 10 Gbps}").isEmpty)
  }

  @Test("idle twins are named after the run", arguments: [true, false]) func idleTwinsAreNamedAfterTheRun(
    usesShortcut: Bool
  ) throws {
    let twins = try cluster(
      """
      devices: [{name: m, count: 2, model: mac-m2-ultra}]
      network:
        topology: graph
        link: {bandwidth: 40 Gbps, latency: 10 us}
        cables: [{from: m-0, to: m-1}, {from: m-0, to: m-1}, {from: m-0, to: m-1}]
      """)
    var warnings: [String] = []
    var options = SimulationOptions()
    options.usesMemoisedTiming = usesShortcut
    options.warning = { warnings.append($0) }
    try World.simulate(twins, options: options) { rank in _ = try await rank.world.allReduce(ByteCount(byteCount: 8)) }
    let warning = try #require(warnings.first)
    #expect(warnings.count == 1 && warning.hasPrefix("4 of 6 links (m-0->m-1") && warning.contains("carried nothing"))
    warnings = []
    try World.simulate(twins, options: options) { _ in }
    #expect(warnings.isEmpty)
  }

  @Test("nodes share their ranks")
  func nodesShareTheirRanks() throws {
    let cluster = try Cluster(
      yaml: """
        devices: [{name: gpu, count: 64, model: h100-sxm}]
        network:
          topology: nodes
          devices_per_node: 8
          inside: {bandwidth: 450 GB/s}
          link: {bandwidth: 400 Gbps}
          transport: nccl
        """)
    #expect(cluster.nodeOfRank == (0..<64).map { $0 / 8 })
    #expect(cluster.collectives == .nccl)
  }
}
