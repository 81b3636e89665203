import Network
import SimulationKernel
import Testing

@Suite("Paths through graphs")
struct GraphRoutingTests {
  /// A graph of a few nodes in which many paths are equally good.
  private struct RandomGraph {
    let hosts: Int
    let cables: [Topology.Cable]

    init(seed: UInt64) {
      var random = RandomStream(seed: seed)
      let nodes = Int.random(in: 2...6, using: &random)
      hosts = Int.random(in: 2...nodes, using: &random)
      let kinds: [Topology.Cable.Kind] = [.fullDuplex, .fullDuplex, .halfDuplex, .oneWay]
      var cables = (1..<nodes).map { node in
        Topology.Cable(from: "n\(node)", to: "n\(Int.random(in: 0..<node, using: &random))", link: Self.link(&random))
      }
      for _ in 0..<Int.random(in: 0...8, using: &random) {
        let from = Int.random(in: 0..<nodes, using: &random)
        let to = Int.random(in: 0..<nodes, using: &random)
        guard from != to else { continue }
        cables.append(
          Topology.Cable(
            from: "n\(from)", to: "n\(to)", link: Self.link(&random), kind: kinds.randomElement(using: &random)!))
      }
      self.cables = cables
    }

    private static func link(_ random: inout RandomStream) -> Link {
      Link(
        bytesPerSecond: Double(Int.random(in: 1...2, using: &random)) * 1e9,
        latency: .microseconds(Int.random(in: 0...1, using: &random)))
    }

    func topology() throws -> Topology { try .graph(hosts: (0..<hosts).map { "n\($0)" }, cables: cables) }

    /// All best paths by trying all paths without loops: the links of each, by their names without numbers.
    func bestPaths(from source: Int, to destination: Int) -> Set<[String]> {
      var best: (cost: [Int64], paths: Set<[String]>) = ([.max], [])
      func walk(_ node: String, _ visited: [String], _ path: [String], _ latency: Int64) {
        if node == "n\(destination)" {
          let cost = [latency, Int64(path.count)]
          if cost.lexicographicallyPrecedes(best.cost) { best = (cost, []) }
          if cost == best.cost { best.paths.insert(path) }
          return
        }
        for cable in cables {
          for (from, to) in [(cable.from, cable.to), (cable.to, cable.from)] where from == node {
            if cable.kind == .oneWay && from != cable.from || visited.contains(to) { continue }
            let name = cable.kind == .halfDuplex ? "\(cable.from)-\(cable.to)" : "\(from)->\(to)"
            walk(to, visited + [to], path + [name], latency + cable.link.latencyPicoseconds)
          }
        }
      }
      walk("n\(source)", ["n\(source)"], [], 0)
      return best.paths
    }
  }

  @Test("are the best ones, and all of those are taken by some connection", arguments: 0..<10)
  func agreesWithTryingAll(block: Int) throws {
    for seed in UInt64(block * 40)..<UInt64(block * 40 + 40) {
      let graph = RandomGraph(seed: seed)
      let topology = try graph.topology()
      for source in 0..<graph.hosts {
        for destination in 0..<graph.hosts where destination != source {
          let best = graph.bestPaths(from: source, to: destination)
          var taken: Set<[String]> = []
          for channel in 0..<200 {
            let route = topology.route(from: source, to: destination, by: .hashed(channel))
            #expect(Set(route).count == route.count, "seed \(seed)")
            taken.insert(route.map { topology.name(of: $0).prefix { $0 != "#" } }.map(String.init))
          }
          #expect(taken == best, "seed \(seed), \(source) to \(destination)")
        }
      }
    }
  }

  /// Two hosts with cables of those bandwidths between them.
  private func parallel(_ bytesPerSecond: [Double]) throws -> Topology {
    try .graph(
      hosts: ["a", "b"],
      cables: bytesPerSecond.map {
        Topology.Cable(from: "a", to: "b", link: Link(bytesPerSecond: $0, latency: .microseconds(1)))
      })
  }

  @Test("connections share parallel cables in proportion to their bandwidths")
  func shares() throws {
    let topology = try parallel([1e9, 3e9, 1e9])
    var counts = [0, 0, 0]
    for channel in 0..<5000 {
      let route = topology.route(from: 0, to: 1, by: .hashed(channel))
      counts[Int(route[0]) / 2] += 1
    }
    // Within five standard deviations of 1000 and 3000.
    #expect(abs(counts[0] - 1000) < 142 && abs(counts[1] - 3000) < 174 && abs(counts[2] - 1000) < 142)
    #expect(topology.linkNames == ["a->b", "b->a", "a->b#2", "b->a#2", "a->b#3", "b->a#3"])
  }

  @Test("lanes take one plane after another")
  func lanes() throws {
    let planes = (0..<4).flatMap { plane in
      ["a", "b"].map {
        Topology.Cable(from: $0, to: "plane\(plane)", link: Link(bytesPerSecond: 1e9, latency: .microseconds(1)))
      }
    }
    let topology = try Topology.graph(hosts: ["a", "b"], cables: planes)
    let names = (0..<5).map { topology.route(from: 0, to: 1, by: .lane($0)).map(topology.name) }
    #expect(names == [0, 1, 2, 3, 0].map { ["a->plane\($0)", "plane\($0)->b"] })

    let run = NetworkRun(topology)
    for lane in 0..<4 {
      let connection = run.network.connection(from: 0, to: 1, channel: 7, path: .lane(lane))
      run.network.send(byteCount: 1e6, on: connection, at: .zero, token: UInt64(lane))
    }
    run.engine.runEvents()
    #expect(run.arrivals == [0: 0.001002, 1: 0.001002, 2: 0.001002, 3: 0.001002])
    #expect(run.network.idleAlternatives().isEmpty)
  }

  @Test("links that no path crosses are named, and those that a run has not used")
  func idle() throws {
    let slow = Link(bytesPerSecond: 1e9, latency: .microseconds(50))
    let fast = Link(bytesPerSecond: 1e9, latency: .microseconds(10))
    let topology = try Topology.graph(
      hosts: ["a", "b"],
      cables: [
        .init(from: "a", to: "b", link: fast), .init(from: "a", to: "desk", link: slow),
        .init(from: "b", to: "desk", link: slow), .init(from: "a", to: "b", link: fast),
      ])
    #expect(
      topology.linksOnNoPath().map(topology.name) == ["a->desk", "desk->a", "b->desk", "desk->b"])

    let run = NetworkRun(topology)
    #expect(run.network.idleAlternatives().isEmpty)
    run.send(1, bytes: 1)
    let taken = try #require(run.network.route(of: run.network.connection(from: 0, to: 1, channel: 0)).first)
    let other: LinkID = taken == 0 ? 6 : 0
    #expect(run.network.idleAlternatives() == [other])
  }

  @Test("stations of one access point share its channel, and cross it twice from one to another")
  func wireless() throws {
    func radio(_ name: String, _ megabytes: Double) -> Topology.Cable {
      .init(
        from: name, to: "ap", link: Link(bytesPerSecond: megabytes * 1e6, latency: .milliseconds(2)), kind: .wifi)
    }
    let wire = Topology.Cable(from: "ap", to: "mac", link: Link(bytesPerSecond: 1e9, latency: .milliseconds(1)))
    let topology = try Topology.graph(
      hosts: ["fast", "slow", "mac"], cables: [radio("fast", 10), radio("slow", 4), wire])
    #expect(topology.route(from: 0, to: 2).map(topology.name) == ["fast-ap", "ap.channel", "ap->mac"])
    #expect(
      topology.route(from: 0, to: 1).map(topology.name) == ["fast-ap", "ap.channel", "ap.channel", "slow-ap"])

    // Alone, then from one to the other, then both at once.
    let alone = NetworkRun(topology)
    alone.send(1, bytes: 1e6, from: 0, to: 2)
    alone.engine.runEvents()
    #expect(alone.arrivals == [1: 0.103])
    let across = NetworkRun(topology)
    across.send(1, bytes: 1e6, from: 1, to: 0)
    across.engine.runEvents()
    #expect(across.arrivals == [1: 0.254])
    let both = NetworkRun(topology)
    both.send(1, bytes: 6e6, from: 0, to: 2)
    both.send(2, bytes: 4e6, from: 1, to: 2)
    both.engine.runEvents()
    #expect(abs(both.arrivals[1]! - 1.003) < 1e-9 && abs(both.arrivals[2]! - 1.003) < 1e-9)
  }

  @Test("a host of a graph may be the access point, and a second one has a channel of its own")
  func accessPoints() throws {
    let link = Link(bytesPerSecond: 1e6, latency: .zero)
    let topology = try Topology.graph(
      hosts: ["a", "b", "c"],
      cables: [
        .init(from: "a", to: "b", link: link, kind: .wifi), .init(from: "ap", to: "b", link: link, kind: .wifi),
        .init(from: "c", to: "ap", link: link, kind: .wifi),
      ])
    #expect(topology.linkNames == ["a-b", "b.channel", "ap-b", "ap.channel", "c-ap"])
  }
}
