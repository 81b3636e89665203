import Network
import SimulationKernel
import Testing

@Suite("Max-min fair sharing")
struct RandomNetworkTests {
  @Test("agrees with the slow reference on seeded random networks", arguments: 0..<40)
  func agreesWithReference(block: Int) throws {
    for seed in (block * 50)..<(block * 50 + 50) {
      var random = RandomStream(seed: UInt64(seed))
      let system = randomSystem(&random)
      let expected = system.finishTimes()

      let measured = try FlowCase(system).finishTimes()

      for (index, (time, reference)) in zip(measured, expected).enumerated() {
        #expect(
          abs(time - reference) <= 1e-6 * reference + 1e-11,
          "seed \(seed), flow \(index): \(time), expected \(reference)")
      }
    }
  }

  private func randomSystem(_ random: inout RandomStream) -> ReferenceNetwork {
    let links = Int.random(in: 1...8, using: &random)
    let flows = Int.random(in: 1...12, using: &random)
    let hasTies = Bool.random(using: &random)
    return ReferenceNetwork(
      capacities: (0..<links).map { _ in
        hasTies ? Double(Int.random(in: 1...3, using: &random)) * 1e6 : Double.random(in: 1e5...1e7, using: &random)
      },
      latencies: (0..<links).map { _ in
        Bool.random(using: &random) ? 0 : Double(Int.random(in: 1...20, using: &random)) * 1e-3
      },
      flows: (0..<flows).map { _ in
        ReferenceNetwork.Flow(
          start: hasTies ? Double(Int.random(in: 0...2, using: &random)) : Double.random(in: 0...2, using: &random),
          bytes: hasTies ? 1e6 : Double.random(in: 1e3...5e6, using: &random),
          links: Array((0..<links).shuffled(using: &random).prefix(Int.random(in: 1...min(4, links), using: &random))))
      })
  }
}

extension FlowCase {
  fileprivate init(_ system: ReferenceNetwork) {
    self.init(
      links: system.capacities.indices.map { index in
        LinkEntry(
          id: "l\(index)", bandwidth_Bps: system.capacities[index], latency_s: system.latencies[index])
      },
      flows: system.flows.enumerated().map { index, flow in
        FlowEntry(id: "f\(index)", start_s: flow.start, bytes: flow.bytes, links: flow.links.map { "l\($0)" })
      })
  }
}
