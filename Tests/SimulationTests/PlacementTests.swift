import Communication
import Network
import Testing

@testable import Simulation

@Suite("Where the members of a group sit")
struct PlacementTests {
  private let link = Link(bytesPerSecond: 1e9, latency: .microseconds(5))

  @Test("on a switch each rank is a machine, and a path crosses two links")
  func onSwitch() throws {
    let placement = Placement(topology: try .singleSwitch(hosts: 4, link: link))

    let layout = placement.layout(of: [3, 1, 0])

    #expect(layout.nodeOfMember == [3, 1, 0])
    #expect(layout.betweenNodes == .init(bytesPerSecond: 1e9, latency: .microseconds(10)))
    #expect(layout.withinNode == layout.betweenNodes)
    #expect(layout.uniformNodeSize == 1)
  }

  @Test("the slower of two links counts")
  func unequalLinks() throws {
    let slow = Link(bytesPerSecond: 1e6, latency: .microseconds(100))
    let placement = Placement(topology: try .singleSwitch(links: [link, slow, link]))
    #expect(
      placement.layout(of: [0, 1]).betweenNodes == .init(bytesPerSecond: 1e6, latency: .microseconds(105)))
    #expect(
      placement.layout(of: [0, 2]).betweenNodes == .init(bytesPerSecond: 1e9, latency: .microseconds(10)))
  }

  @Test("machines count all their cards that the group's members use")
  func machines() throws {
    let fabric = Link(bytesPerSecond: 5e10, latency: .microseconds(2))
    let inside = Link(bytesPerSecond: 4.5e11, latency: .nanoseconds(500))
    let topology = try Topology.nodesAndFabric(hosts: 16, devicesPerNode: 8, cards: 4, inside: inside, fabric: fabric)
    let placement = Placement(ranksPerNode: 8, topology: topology)

    let all = placement.layout(of: Array(0..<16))
    #expect(all.nodeOfMember == Array(repeating: 0, count: 8) + Array(repeating: 1, count: 8))
    #expect(all.withinNode == .init(bytesPerSecond: 4.5e11, latency: .microseconds(1)))
    #expect(all.betweenNodes == .init(bytesPerSecond: 2e11, latency: .microseconds(4)))
    #expect(all.uniformNodeSize == 8)

    let pairs = placement.layout(of: [0, 4, 8, 12])
    #expect(pairs.betweenNodes == .init(bytesPerSecond: 5e10, latency: .microseconds(4)))
    #expect(pairs.uniformNodeSize == 2)

    let column = placement.layout(of: [3, 11])
    #expect(column.nodeOfMember == [0, 1])
    #expect(column.withinNode == column.betweenNodes)

    let inOne = placement.layout(of: [1, 2, 3])
    #expect(inOne.withinNode == .init(bytesPerSecond: 4.5e11, latency: .microseconds(1)))
    #expect(inOne.betweenNodes == inOne.withinNode)
  }

  @Test("a group of one has no links")
  func single() throws {
    let layout = Placement(topology: try .singleSwitch(hosts: 2, link: link)).layout(of: [1])
    #expect(layout.withinNode == .init(bytesPerSecond: .infinity, latency: .zero))
    #expect(layout.betweenNodes == layout.withinNode)
  }
}

@Suite("What joins the members of a group")
struct FabricTests {
  private func layout(
    of topology: Topology, nodes: [Int], _ generation: GroupLayout.DeviceGeneration? = nil
  ) -> GroupLayout {
    let generations = generation.map { Array(repeating: Optional($0), count: nodes.count) } ?? []
    return Placement(nodeOfRank: nodes, topology: topology, generations: generations).layout(of: Array(nodes.indices))
  }

  private func machines(_ inside: Double, cards: Int = 8) throws -> Topology {
    try .nodesAndFabric(
      hosts: 16, devicesPerNode: 8, cards: cards, inside: Link(bytesPerSecond: inside, latency: .microseconds(1)),
      fabric: Link(bytesPerSecond: 5e10, latency: .microseconds(2)))
  }

  private let inTwo = (0..<16).map { $0 / 8 }

  @Test("NVLink's generation follows from its rate where the devices do not tell")
  func generationByRate() throws {
    for (rate, generation) in [
      (150e9, GroupLayout.DeviceGeneration.volta), (300e9, .ampere), (450e9, .hopper), (900e9, .blackwell),
    ] {
      let found = layout(of: try machines(rate), nodes: inTwo)
      #expect(found.generation == generation && found.nodeFabric == .nvlink && found.machineCount == 2)
    }
    #expect(layout(of: try machines(450e9), nodes: inTwo, .ampere).generation == .ampere)
  }

  @Test("links slower than NVLink are PCIe's")
  func pci() throws {
    #expect(layout(of: try machines(64e9), nodes: inTwo, .hopper).nodeFabric == .pci)
    #expect(layout(of: try machines(25e9), nodes: inTwo, .ada).nodeFabric == .pci)
  }

  @Test("cards are counted as far as members use them")
  func cards() throws {
    #expect(layout(of: try machines(450e9, cards: 4), nodes: inTwo).cardCount == 4)
    let placement = Placement(nodeOfRank: inTwo, topology: try machines(450e9, cards: 4))
    #expect(placement.layout(of: [0, 1, 8, 9]).cardCount == 2)
    #expect(placement.layout(of: [3, 11]).cardCount == 1)
  }

  @Test("devices on one switch share a machine where its links are a machine's")
  func oneSwitch() throws {
    func onSwitch(_ rate: Double, _ latency: Duration, _ generation: GroupLayout.DeviceGeneration?) throws -> Int {
      let topology = try Topology.singleSwitch(hosts: 4, link: Link(bytesPerSecond: rate, latency: latency))
      return layout(of: topology, nodes: Array(0..<4), generation).machineCount
    }
    #expect(try onSwitch(450e9, .microseconds(1), .hopper) == 1)
    #expect(try onSwitch(50e9, .microseconds(1), .hopper) == 4)
    #expect(try onSwitch(25e9, .microseconds(1), .ada) == 1)
    #expect(try onSwitch(25e9, .microseconds(1), nil) == 4)
    #expect(try onSwitch(1.25e9, .microseconds(1), .ada) == 4)
    #expect(try onSwitch(25e9, .microseconds(20), .ada) == 4)
  }

  @Test("a mesh of Instinct devices is a machine; parallel cables are several paths")
  func meshAndCables() throws {
    let link = Link(bytesPerSecond: 64e9, latency: .microseconds(1))
    let mesh = layout(of: try .fullMesh(hosts: 8, link: link), nodes: Array(0..<8), .cdna)
    #expect(mesh.isFullMesh && mesh.nodeFabric == .xgmi && mesh.machineCount == 1 && mesh.pathCount == 1)

    let cable = Topology.Cable(from: "a", to: "b", link: link)
    let pair = layout(of: try .graph(hosts: ["a", "b"], cables: [cable, cable]), nodes: [0, 1])
    #expect(pair.pathCount == 2)
  }
}
