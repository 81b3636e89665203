import Network
import Testing

@Suite("Topologies")
struct TopologyTests {
  static let link = Link(bytesPerSecond: 1e9, latency: .microseconds(5))

  private func hops(_ topology: Topology, _ source: Int, _ destination: Int) -> Int {
    topology.route(from: source, to: destination).count
  }

  /// Names of links read `from->to`: each path starts at its source, ends at its destination and has no gap.
  static let chained: [(String, Topology)] = [
    ("switch", try! .singleSwitch(hosts: 5, link: link)), ("ring", try! .ring(hosts: 6, link: link)),
    ("ring of 5", try! .ring(hosts: 5, link: link)), ("ring of 2", try! .ring(hosts: 2, link: link)),
    ("line", try! .line(hosts: 6, link: link)), ("star", try! .star(hosts: 5, link: link)),
    ("mesh", try! .fullMesh(hosts: 4, link: link)),
    ("grid", try! .grid(dimensions: [2, 3, 1, 4], link: link)), ("row", try! .grid(dimensions: [5], link: link)),
    ("tree", try! .twoLevelTree(hosts: 11, hostsPerLeaf: 4, spines: 3, link: link)),
    ("fat tree", try! .fatTree(arity: 4, link: link)),
    ("small fat tree", try! .fatTree(arity: 6, hosts: 31, link: link)),
    ("sites", try! .sites(hostsPerSite: [3, 0, 2], link: link, wideArea: link)),
  ]

  @Test("relay where paths lead through hosts, there or back", arguments: chained)
  func relays(name: String, topology: Topology) {
    var hasRelays = false
    for source in 0..<topology.hostCount {
      for destination in 0..<topology.hostCount where destination != source {
        let inner = [(source, destination), (destination, source)].flatMap { from, to in
          topology.route(from: from, to: to).dropFirst().compactMap { link in
            let node = topology.name(of: link).split(separator: "->")[0]
            return node.hasPrefix("host") ? Int(node.dropFirst(4)) : nil
          }
        }
        let relays = topology.relays(between: source, and: destination)
        #expect(relays == Set(inner), "\(name): \(source) to \(destination): \(relays)")
        hasRelays = hasRelays || !inner.isEmpty
      }
    }
    #expect(!hasRelays || topology.hostsRelay, "\(name)")
  }

  /// Along the first dimension first, there and back; the shorter way round.
  @Test("relay in tori and in graphs through hosts")
  func relaysOfOthers() throws {
    let torus = try Topology.torus(dimensions: [3, 3], link: Self.link)
    #expect(torus.relays(between: 0, and: 4) == [1, 3])
    #expect(torus.relays(between: 0, and: 8) == [2, 6])
    #expect(torus.relays(between: 0, and: 2) == [])
    let graph = try Topology.graph(
      hosts: ["a", "b", "c"],
      cables: [
        .init(from: "a", to: "b", link: Self.link), .init(from: "b", to: "s", link: Self.link),
        .init(from: "s", to: "c", link: Self.link),
      ])
    #expect(graph.relays(between: 0, and: 2) == [1])
    #expect(graph.relays(between: 1, and: 2) == [])
    #expect(try !Topology.singleSwitch(hosts: 3, link: Self.link).hostsRelay)
  }

  @Test("have paths without gaps from end to end", arguments: chained)
  func paths(name: String, topology: Topology) {
    for source in 0..<topology.hostCount {
      for destination in 0..<topology.hostCount {
        let path = topology.route(from: source, to: destination).map { link in
          let name = topology.name(of: link)
          let arrow = name.firstRange(of: "->")!
          return (from: String(name[..<arrow.lowerBound]), to: String(name[arrow.upperBound...]))
        }
        guard source != destination else {
          #expect(path.isEmpty)
          continue
        }
        let text = "\(name): \(source) to \(destination): \(path)"
        #expect(path.first?.from == "host\(source)" && path.last?.to == "host\(destination)", "\(text)")
        #expect(zip(path, path.dropFirst()).allSatisfy { $0.to == $1.from }, "\(text)")
        #expect(Set(path.map(\.from)).count == path.count, "\(text) goes in circles")
      }
    }
  }

  @Test("name every link once", arguments: chained)
  func names(name: String, topology: Topology) {
    #expect(Set(topology.linkNames).count == topology.links.count, "\(name)")
    for link in topology.links.indices {
      #expect(topology.link(named: topology.name(of: LinkID(link))) == LinkID(link))
    }
  }

  @Test("rings, lines and tori take the shortest way", arguments: [1, 2, 3, 4, 5, 8])
  func shortest(extent: Int) throws {
    let ring = try Topology.ring(hosts: extent, link: Self.link)
    let line = try Topology.line(hosts: extent, link: Self.link)
    let torus = try Topology.torus(dimensions: [extent, 3, 2], link: Self.link)
    func around(_ a: Int, _ b: Int, _ extent: Int) -> Int { min((a - b + extent) % extent, (b - a + extent) % extent) }
    for a in 0..<extent {
      for b in 0..<extent {
        #expect(hops(ring, a, b) == around(a, b, extent))
        #expect(hops(line, a, b) == abs(a - b))
      }
    }
    for a in 0..<torus.hostCount {
      for b in 0..<torus.hostCount {
        let expected =
          around(a % extent, b % extent, extent) + around(a / extent % 3, b / extent % 3, 3)
          + around(a / extent / 3, b / extent / 3, 2)
        #expect(hops(torus, a, b) == expected, "\(extent) x 3 x 2: \(a) to \(b)")
      }
    }
  }

  @Test("trees have 2, 4 or 6 links by level")
  func trees() throws {
    let fatTree = try Topology.fatTree(arity: 4, link: Self.link)
    let tree = try Topology.twoLevelTree(hosts: 12, hostsPerLeaf: 4, spines: 2, link: Self.link, oversubscription: 4)
    for a in 0..<16 {
      for b in 0..<16 where a != b {
        #expect(hops(fatTree, a, b) == (a / 2 == b / 2 ? 2 : a / 4 == b / 4 ? 4 : 6))
        if a < 12, b < 12 { #expect(hops(tree, a, b) == (a / 4 == b / 4 ? 2 : 4)) }
      }
    }
    let uplink = tree.links[Int(tree.route(from: 0, to: 11)[1])]
    #expect(uplink.bytesPerSecond == 1e9 * 4 / (2 * 4))
  }

  @Test("a half-duplex switch and a shared medium use one link for both directions")
  func sharedLinks() throws {
    let half = try Topology.singleSwitch(hosts: 3, link: Self.link, isFullDuplex: false)
    #expect(half.route(from: 0, to: 2) == [0, 2] && half.route(from: 2, to: 0) == [2, 0])
    let medium = try Topology.sharedMedium(hosts: 3, channel: Self.link)
    #expect(medium.route(from: 0, to: 2) == [0] && medium.route(from: 2, to: 1) == [0])
  }

  @Test("machines use their cards in turn")
  func machines() throws {
    let topology = try Topology.nodesAndFabric(
      hosts: 8, devicesPerNode: 4, cards: 2, inside: Self.link, fabric: Self.link)
    func names(_ a: Int, _ b: Int) -> [String] { topology.route(from: a, to: b).map(topology.name) }
    #expect(names(1, 3) == ["host1->node", "node->host3"])
    #expect(names(1, 6) == ["node0.card1->fabric", "fabric->node1.card0"])
    #expect(names(4, 3) == ["node1.card0->fabric", "fabric->node0.card1"])
  }

  @Test("machines may have different numbers of devices and of cards")
  func unevenMachines() throws {
    let topology = try Topology.nodesAndFabric(
      machines: [Machine(devices: 3, cards: 1), Machine(devices: 1, cards: 2), Machine(devices: 4, cards: 3)],
      inside: Self.link, fabric: Self.link)
    func names(_ a: Int, _ b: Int) -> [String] { topology.route(from: a, to: b).map(topology.name) }
    #expect(topology.hostCount == 8 && topology.links.count == 2 * (8 + 6))
    #expect(names(0, 2) == ["host0->node", "node->host2"])
    #expect(names(2, 3) == ["node0.card0->fabric", "fabric->node1.card0"])
    #expect(names(7, 3) == ["node2.card0->fabric", "fabric->node1.card0"])
    #expect(names(6, 1) == ["node2.card2->fabric", "fabric->node0.card0"])
    #expect(Set(topology.linkNames).count == topology.links.count)
    #expect(
      topology.linksOnNoPath().map(topology.name) == [
        "host3->node", "node->host3", "node1.card1->fabric", "fabric->node1.card1",
      ])
  }

  @Test("where both ways around are equally long, connections take either")
  func opposite() throws {
    let ring = try Topology.ring(hosts: 6, link: Self.link)
    let routes = Set((0..<64).map { ring.route(from: 1, to: 4, by: .hashed($0)) })
    #expect(routes == [[2, 4, 6], [1, 11, 9]])
    let torus = try Topology.torus(dimensions: [2, 3], link: Self.link)
    let names = Set((0..<64).map { torus.route(from: 0, to: 5, by: .hashed($0)).map(torus.name) })
    #expect(names == [["host0+dimension0", "host1-dimension1"], ["host0-dimension0", "host1-dimension1"]])
    #expect(torus.linksOnNoPath().isEmpty)
  }

  @Test("a grid is no torus: from edge to edge it takes all steps")
  func grid() throws {
    let grid = try Topology.grid(dimensions: [3, 4], link: Self.link)
    for a in 0..<12 {
      for b in 0..<12 { #expect(hops(grid, a, b) == abs(a % 3 - b % 3) + abs(a / 3 - b / 3)) }
    }
    #expect(grid.links.count == 2 * (2 * 4 + 3 * 3))
  }

  @Test("figures of single links may be others, if they are possible ones")
  func replacing() throws {
    let topology = try Topology.singleSwitch(hosts: 2, link: Self.link)
    let slow = Link(bytesPerSecond: 1, latency: .zero)
    #expect(try Array(topology.replacing([3: slow]).links) == [Self.link, Self.link, Self.link, slow])
    #expect(throws: NetworkError.self) { try topology.replacing([0: Link(bytesPerSecond: 0, latency: .zero)]) }
  }

  @Test("a graph takes the path of least latency, and refuses hosts without a path")
  func graph() throws {
    let slow = Link(bytesPerSecond: 1e9, latency: .microseconds(11))
    let topology = try Topology.graph(
      hosts: ["a", "b"],
      cables: [
        .init(from: "a", to: "b", link: slow), .init(from: "a", to: "s", link: Self.link),
        .init(from: "s", to: "b", link: Self.link, kind: .oneWay),
      ])
    #expect(topology.route(from: 0, to: 1).map(topology.name) == ["a->s", "s->b"])
    #expect(topology.route(from: 1, to: 0).map(topology.name) == ["b->a"])
    #expect(throws: NetworkError.unreachable(source: "b", destination: "a")) {
      _ = try Topology.graph(hosts: ["a", "b"], cables: [.init(from: "a", to: "b", link: slow, kind: .oneWay)])
    }
  }
}
