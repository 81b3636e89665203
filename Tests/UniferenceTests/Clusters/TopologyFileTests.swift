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
    (
      "topology: graph, link: {bandwidth: 1 Gbps}, cables: [{from: pi-0, to: a}, {from: pi-1, to: a, kind: half},"
        + " {from: a, to: pi-2, bandwidth: 10 Mbps}, {from: pi-2, to: pi-3}, {from: pi-3, to: pi-0, kind: one-way}]", 3
    ),
  ]

  @Test(arguments: networks) func everyPairIsConnected(fields: String, hops: Int) throws {
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

  @Test func everyTopologyIsTried() {
    for kind in TopologyReading.Kind.allCases {
      #expect(Self.networks.contains { $0.fields.contains("topology: \(kind.rawValue)") }, "\(kind.rawValue)")
    }
  }

  @Test func theLinksOfSomeDevicesDiffer() throws {
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

  @Test func nodesShareTheirRanks() throws {
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
    #expect(cluster.ranksPerNode == 8)
    #expect(cluster.collectives == .nccl)
  }
}
