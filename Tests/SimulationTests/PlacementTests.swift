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
