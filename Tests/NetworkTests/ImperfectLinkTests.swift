import Network
import SimulationKernel
import Testing

@Suite("Jitter, loss and what a transport adds")
struct ImperfectLinkTests {
  private func arrivals(_ link: Link, seed: UInt64, messages: Int = 50) throws -> [Double] {
    let run = NetworkRun(try .singleSwitch(hosts: 2, link: link), seed: seed)
    for token in 0..<messages { run.send(UInt64(token), bytes: 15_000, at: Double(token)) }
    run.engine.runEvents()
    return (0..<messages).map { (run.arrivals[UInt64($0)] ?? .infinity) - Double($0) }
  }

  @Test("jitter is bounded, the same for a seed, and different for another")
  func jitter() throws {
    let link = Link(bytesPerSecond: 1e6, latency: .milliseconds(1), jitter: .milliseconds(3))
    let first = try arrivals(link, seed: 1)
    #expect(try arrivals(link, seed: 1) == first)
    #expect(try arrivals(link, seed: 2) != first)
    #expect(first.allSatisfy { $0 >= 0.017 - 1e-9 && $0 <= 0.023 + 1e-9 })
    #expect(Set(first).count > 40)
  }

  @Test("each lost packet is sent again, and the first loss costs one round trip")
  func loss() throws {
    let link = Link(bytesPerSecond: 1e6, latency: .milliseconds(1), loss: 0.05)
    let first = try arrivals(link, seed: 3)
    #expect(try arrivals(link, seed: 3) == first)
    let clean = 0.017
    for time in first {
      let extra = time - clean
      let packets = (extra - 0.004) / 0.0015
      #expect(abs(extra) < 1e-9 || (packets > 0.5 && packets < 10.5 && abs(packets - packets.rounded()) < 1e-6))
    }
    #expect(first.contains { abs($0 - clean) < 1e-9 } && first.contains { $0 > clean + 0.005 })
  }

  @Test("each packet is lost with the probability of its route", arguments: [0.001, 0.02, 0.3])
  func lossRate(loss: Double) throws {
    let (messages, packets, seed) = (4000, 10, UInt64(7))
    let link = Link(bytesPerSecond: 1e6, latency: .milliseconds(1), loss: loss)
    let lost = try arrivals(link, seed: seed, messages: messages).reduce(0) { lost, time in
      // Each lost packet is 1500 bytes more, and the first one of a message a round trip of 4 ms.
      let extra = time - 0.017
      return lost + (extra < 1e-9 ? 0 : (extra - 0.004) / 0.0015)
    }
    // Two links, each of which may lose it. Four standard deviations of a binomial distribution.
    let (probability, count) = (1 - (1 - loss) * (1 - loss), Double(messages * packets))
    let tolerance = 4 * (count * probability * (1 - probability)).squareRoot()
    #expect(abs(lost - count * probability) < tolerance, "seed \(seed)")
  }

  @Test("piecewise linear functions are linear between points and constant beyond")
  func piecewiseLinear() throws {
    let function = try PiecewiseLinear(points: [.init(x: 10, y: 2), .init(x: 20, y: 4), .init(x: 40, y: 0)])
    #expect([0, 10, 15, 20, 30, 40, 99].map { function($0) } == [2, 2, 3, 4, 2, 0, 0])
    #expect(PiecewiseLinear(constant: 7)(1e9) == 7)
    #expect(throws: NetworkError.self) { _ = try PiecewiseLinear(points: []) }
    #expect(throws: NetworkError.self) { _ = try PiecewiseLinear(points: [.init(x: 1, y: 0), .init(x: 1, y: 1)]) }
  }

  @Test("a wire model counts headers, factors, buffers and rendezvous")
  func wireModel() throws {
    let bare = WireModel()
    #expect(bare.bytes(ofPayload: 12_345) == 12_345 && !bare.isRendezvous(byteCount: .max))
    #expect(bare.stages(ofBytes: 10) == nil)
    var wire = WireModel()
    wire.headerBytes = 66
    wire.factor = PiecewiseLinear(constant: 1.5)
    wire.rendezvousThresholdBytes = 100
    wire.sendBufferBytes = 1000
    #expect(wire.bytes(ofPayload: 1000) == 1566)
    #expect(!wire.isRendezvous(byteCount: 99) && wire.isRendezvous(byteCount: 100))
    let long = try #require(wire.stages(ofBytes: 1566))
    let short = try #require(wire.stages(ofBytes: 700))
    #expect(long == (566, 1000) && short == (0, 700))
  }
}
